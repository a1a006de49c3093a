"""Several commands that were heard in one sentence: all of them, or a question."""

import pytest

from assistant.lattice.graph import Hypothesis, Word
from tests.household import build


@pytest.fixture(scope="module")
def understanding():
    return build().understanding


def heard(text, log_prob, sentence_boost=0.0):
    words = tuple(Word(word, 0.0, 0.0) for word in text.split())
    return Hypothesis(words, log_prob, sentence_boost, sentence_boost)


BOTH = "turn on the kitchen light and lock the back door"


def test_a_favoured_first_half_does_not_win_over_both(understanding):
    nbest = [heard("turn on the kitchen light", -3, 10), heard(BOTH, -6)]
    meant = understanding.interpret(nbest)
    assert [each.intent for each in meant.commands] == ["HassTurnOn", "HassTurnOn"]
    assert meant.evidence.over_rest == pytest.approx(7.0)


def test_a_half_that_is_nearly_as_likely_stays(understanding):
    nbest = [heard("turn on the kitchen light", -3, 10), heard(BOTH, -10)]
    assert not understanding.interpret(nbest).then


def test_how_it_was_heard_is_told(understanding):
    nbest = [
        heard(BOTH, -2, 12),
        heard("turn off the kitchen light and lock the back door", -6, 12),
        heard("turn on the chicken light and look the back door", -7),
    ]
    evidence = understanding.interpret(nbest).evidence
    assert evidence.over_others == pytest.approx(4.0)
    assert evidence.over_rest == pytest.approx(-7.0)
    assert evidence.words == 10
    assert evidence.per_letter == pytest.approx(-14 / len(BOTH.replace(" ", "")))


def test_commands_that_were_misheard_are_no_sentences(understanding):
    meant = understanding.interpret([heard("turn on the kitchen lite and lock the back door", -2)])
    assert len(meant.commands) == 2
    assert meant.evidence is None


@pytest.mark.parametrize(
    "likelier",
    [
        "don't turn on the kitchen light and lock the back door",
        "turn on the kitchen light and lock the back door tomorrow",
    ],
)
def test_likelier_words_that_change_what_is_meant_are_asked_about(understanding, likelier):
    favoured = [heard(BOTH, -2, 12), heard(likelier, -12)]
    assert understanding.interpret(favoured).question == f"Did you mean: {BOTH}?"
    plain = [heard(BOTH, -2), heard(likelier, -12)]
    assert not understanding.interpret(plain).question


@pytest.mark.parametrize(("lead", "asks"), [(2.0, True), (0.5, False)])
@pytest.mark.parametrize("door", ["cellar door", "front door"])
def test_another_meaning_that_is_likelier_is_asked_about(understanding, lead, asks, door):
    """Whether the home has what it names or not."""
    other = heard(f"turn on the kitchen light and lock the {door}", -14 + lead)
    meant = understanding.interpret([heard(BOTH, -2, 12), other])
    assert bool(meant.question) == asks
