"""What the favour for sentences of the home may do, and what it may not."""

from dataclasses import replace

import pytest

from assistant.lattice.graph import Hypothesis, Word
from tests.household import build


@pytest.fixture(scope="module")
def understanding():
    return build().understanding


def heard(text, log_prob, favour):
    words = tuple(Word(word, 0.0, 0.0) for word in text.split())
    return Hypothesis(words, log_prob, favour, favour)


@pytest.mark.parametrize(
    "nbest",
    [
        [("turn on the living room lamp", 7.6, 12.9), ("turn on the dining room lamp", -0.3, 0.0)],
        [("lock the back door", 5.2, 9.4), ("lock the cellar door", -1.1, 0.0)],
        [("unlock the front door", 6.0, 10.0), ("unlock the front", 5.5, 6.0)],
    ],
)
def test_a_name_that_the_home_lacks_is_not_favoured_away_unasked(understanding, nbest):
    meant = understanding.interpret([heard(*each) for each in nbest])
    assert meant.question or not meant.targets


def test_a_sentence_that_was_nearly_as_likely_needs_no_question(understanding):
    nbest = [("turn on the kitchen light", 8.0, 9.0), ("turn on the kitten light", 0.0, 0.0)]
    meant = understanding.interpret([heard(*each) for each in nbest])
    assert (meant.targets, meant.question) == (("light.kitchen",), "")


def test_favour_is_for_the_words_heard_and_not_for_what_they_are_corrected_to(understanding):
    meant = understanding.interpret([heard("turn on the bedroom desk lamp", 14.5, 15.0)])
    assert meant.question or not meant.targets


def test_words_with_a_title_do_not_become_a_sentence_without_it(understanding):
    nbest = [
        ("set a timer for fifteen minutes", 0.0, 12.7),
        ("set a pizza timer for fifteen minutes", -1.0, 0.0),
    ]
    meant = understanding.interpret([heard(*each) for each in nbest])
    assert (meant.slots, meant.question) == ({"minutes": 15, "name": "pizza"}, "")


@pytest.mark.parametrize(("lead", "asks"), [(1.6, True), (-1.6, False)])
def test_a_sentence_that_loses_in_spite_of_its_favour_is_asked_about(understanding, lead, asks):
    """The words that won mean nothing, and a name in them was favoured as well as the sentence."""
    iron = heard("switch on the iron in the living room", 3.2 + lead, 9.0)
    iron = replace(iron, sentence_boost=0.0)
    lights = heard("switch on the lights in the living room", 3.2, 11.5)
    nbest = sorted([iron, lights], key=lambda each: -each.log_prob)
    meant = understanding.interpret(nbest)
    assert meant.text == "switch on the lights in the living room"
    assert bool(meant.question) == asks
