import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.asr.networks.manifest import ModelError
from assistant.asr.vocabulary.word_pieces import SPECIAL, WordPieces

PIECES = WordPieces([*SPECIAL, "▁", *"abcdefgh'", "he", "▁c", "ab", "▁cab", "cab", "hea"])
WORDS = st.text("abcdefgh'", min_size=1, max_size=8)


def split(text):
    return [PIECES.pieces[number] for number in PIECES.encode(text)]


def test_neighbours_that_come_first_in_the_list_are_joined_first():
    assert split("cab") == ["▁cab"]
    assert split("head") == ["▁", "hea", "d"]
    assert split("ache cab") == ["▁", "a", "c", "he", "▁cab"]


def test_letters_that_no_piece_has_are_left_out():
    assert PIECES.decode(PIECES.encode("cabß 9")) == "cab"


@given(st.lists(WORDS))
def test_pieces_give_the_text_back(words):
    text = " ".join(words)
    assert PIECES.decode(PIECES.encode(text)) == text


def test_a_file_gives_the_pieces_back(tmp_path):
    PIECES.write(tmp_path / "pieces.txt")
    assert WordPieces.read(tmp_path / "pieces.txt").pieces == PIECES.pieces


def test_a_file_that_holds_something_else_is_named(tmp_path):
    (tmp_path / "pieces.txt").write_text("turn\non\n")
    with pytest.raises(ModelError, match=r"pieces\.txt holds no list of word pieces"):
        WordPieces.read(tmp_path / "pieces.txt")
    with pytest.raises(ModelError, match=r"nothing\.txt cannot be read"):
        WordPieces.read(tmp_path / "nothing.txt")
