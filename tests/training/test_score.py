import pytest

from training.score import word_errors


def test_rate_counts_substitutions_insertions_and_deletions():
    errors = word_errors([("turn on the lamp", "turn off lamp now"), ("a b", "a b")])
    assert errors.rate == pytest.approx(3 / 6)
    assert (errors.right, errors.utterances) == (1, 2)
    assert errors.low <= errors.rate <= errors.high


def test_spelling_of_numbers_and_units_does_not_count():
    assert word_errors([("twelve ounce, OK?", "12 oz okay")]).rate == 0


def test_the_interval_shrinks_with_more_utterances():
    few = word_errors([("a b", "a c"), ("a b", "a b")] * 5)
    many = word_errors([("a b", "a c"), ("a b", "a b")] * 200)
    assert many.high - many.low < few.high - few.low


def test_nothing_to_score_is_an_error():
    with pytest.raises(ValueError, match="no reference"):
        word_errors([("", "a")])
