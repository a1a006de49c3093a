import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.nlu.sentence_ends import RARE, Count, SentenceEnds
from training.sentence_ends import ALIKE, LEAST, counted, telling

WORDS = st.sampled_from(["of", "on", "it", "sugar"])
COUNTED = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda n: Count(min(n), max(n)))
COUNTS = st.dictionaries(st.lists(WORDS, min_size=1, max_size=2).map(tuple), COUNTED)


def test_words_and_pairs_are_counted_with_the_sentences_that_they_end():
    often = 2 * LEAST[2]
    ends = counted(["turn it on"] * often + ["turn it on please"] * often + ["stop"])
    assert ends.counts[("on",)] == Count(often, 2 * often)
    assert ends.counts[("it", "on")] == Count(often, 2 * often)
    assert ends.counts[("turn",)] == Count(0, 2 * often)
    assert ends.counts[("on", "please")] == Count(often, often)


def test_rare_words_are_counted_as_one():
    ends = counted(["stop", "go away", "turn it"])
    assert set(ends.counts) == {(RARE,)}
    assert ends.counts[(RARE,)] == Count(3, 5)


@given(COUNTS, COUNTED, st.lists(WORDS, max_size=3))
def test_what_is_left_out_hardly_changes_a_share(counts, rare, words):
    ends = SentenceEnds(counts | {(RARE,): rare})
    fewer = telling(ends)
    assert fewer.counts.keys() <= ends.counts.keys()
    assert fewer.probability(words) == pytest.approx(ends.probability(words), abs=2 * ALIKE)


def test_pairs_that_say_the_same_as_their_last_word_are_left_out():
    counts = {(RARE,): Count(2, 10), ("on",): Count(80, 100), ("it", "on"): Count(8, 10)}
    assert set(telling(SentenceEnds(counts)).counts) == {(RARE,), ("on",)}
