"""Tokens of bytes: the text they spell, however it was cut."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.vocabulary.byte_tokens import BYTE_LETTERS, decoded, joined

LETTERS = {byte: letter for letter, byte in BYTE_LETTERS.items()}
NAMED = tuple(f"<0x{byte:02X}>" for byte in range(256))
LETTER = st.characters(codec="utf8", exclude_characters="▁")
CHINESE = "ƌŢġ"
"""开 in the letters of byte-level BPE."""


def test_every_byte_has_a_letter_of_its_own():
    assert sorted(BYTE_LETTERS.values()) == list(range(256))
    # As in icefall's byte_utils.py.
    known = {"Ā": 0, "ğ": 31, " ": 32, "~": 126, "Ġ": 127, "Ĵ": 145, "Ł": 156, "ƀ": 217, "ƥ": 254}
    assert known.items() <= BYTE_LETTERS.items()


@settings(deadline=None)
@given(st.text(LETTER, min_size=1), st.sets(st.integers(0, 100)))
def test_letters_cut_in_two_are_put_together(text, cuts):
    data = text.encode()
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(data)), len(data)]
    spelled = "".join(LETTERS[byte] for byte in data)
    # The last one makes it a byte-level vocabulary whatever the text is.
    tokens = [*(spelled[start:end] for start, end in pairwise(edges)), CHINESE]
    assert joined(decoded(tokens)) == f"{text}开"


@settings(deadline=None)
@given(st.text(min_size=1))
def test_fallback_bytes_spell_what_no_token_does(text):
    assert joined(decoded(NAMED)[byte] for byte in text.encode()) == text


def test_other_tokens_stay_as_they_are():
    tokens = ("<blk>", "<unk>", "▁the", "é", "▁", "灯", "ƌ")
    assert decoded(tokens) == tokens
    assert decoded(("<blk>", f"▁{CHINESE}", "<ũŏ>")) == ("<blk>", "▁开", "<é>")


@pytest.mark.parametrize("tokens", [(), ("<blk>",), ("▁",)])
def test_small_vocabularies_are_plain(tokens):
    assert decoded(tokens) == tokens


def test_half_a_letter_is_left_out():
    first, *rest = decoded(("ƌ", "Ţġ"))
    assert joined(["a", first, "b"]) == "ab"
    assert joined(["a", first, *rest]) == "a开"
