import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.nlu.sentence_ends import RARE, Count, SentenceEnds, english

COUNTS = {
    (RARE,): Count(2, 10),
    ("of",): Count(0, 96),
    ("sugar",): Count(30, 46),
    ("of", "sugar"): Count(36, 46),
}


def test_a_share_of_two_words_leans_on_that_of_one():
    ends = SentenceEnds(COUNTS)
    one = (30 + 4 * 0.2) / 50
    assert ends.probability(["sugar"]) == pytest.approx(one)
    assert ends.probability(["brown", "sugar"]) == pytest.approx(one)
    assert ends.probability(["of", "sugar"]) == pytest.approx((36 + 4 * one) / 50)


def test_a_word_that_was_never_counted_is_as_likely_the_last_as_rare_ones_are():
    assert SentenceEnds(COUNTS).probability(["xylophone"]) == pytest.approx(0.2)


def test_nothing_counted_and_nothing_said():
    assert SentenceEnds({}).probability(["of"]) == 0
    assert SentenceEnds(COUNTS).probability([]) == pytest.approx(0.2)


WORDS = st.text("abcdefgh'", min_size=1, max_size=4)
COUNTED = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda n: Count(min(n), max(n)))


@given(st.dictionaries(st.lists(WORDS, min_size=1, max_size=2).map(tuple), COUNTED), WORDS, WORDS)
def test_a_file_says_what_was_written(tmp_path_factory, counts, one, other):
    path = tmp_path_factory.mktemp("ends") / "ends.txt"
    ends = SentenceEnds(counts)
    ends.write(path, "two lines\nof heading")
    read = SentenceEnds.read(path.read_text("utf8"))
    for words in ([one], [one, other], *map(list, counts)):
        assert read.probability(words) == ends.probability(words)
        assert 0 <= read.probability(words) <= 1


@pytest.mark.parametrize(
    ("unfinished", "finished"),
    [
        ("i would like a little bit of", "i would like a little bit of sugar"),
        ("tell her that i will be", "tell her that i will be late"),
        ("where did i put my", "where did i put my keys"),
        ("how long is left", "how long is left on the timer"),
    ],
)
def test_what_ships_knows_which_words_go_on(unfinished, finished):
    assert 5 * english().probability(unfinished.split()) < english().probability(finished.split())
