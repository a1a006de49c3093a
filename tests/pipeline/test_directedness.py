"""Whether something is meant for this device: each sign moves it its way, a missing one neither."""

from dataclasses import replace

import pytest

from assistant.app.household import make_household
from assistant.config import Settings
from assistant.pipeline.directedness import SHIPPED, Signs, is_command, measures, signs_of_text

LEAST = Settings().conversation.directedness
CLEAR = Signs(command=True, confidence=0.95, words=5)
DOUBTFUL = replace(CLEAR, confidence=0.6)
TALK = Signs(command=False, confidence=0.9, words=9)


@pytest.fixture(scope="module")
def understanding():
    return make_household(Settings()).understanding


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("add oat milk to my shopping list", True),
        ("remind me to call my mother", True),
        ("turn on the kitchen light in ten minutes", True),
        ("play jingle bells", True),
        ("what time is it", True),
        ("i have never seen it before", False),
        ("and we have seen it before", False),
        ("i need a drink", False),
        ("turn on the kitchen light and i need a drink", False),
    ],
)
def test_what_is_told_in_free_text_is_not_meant_for_it(understanding, said, meant):
    interpretation = understanding.interpret_text(said)
    assert is_command(interpretation)
    assert (SHIPPED.probability(signs_of_text(interpretation, said)) >= LEAST) is meant


@pytest.mark.parametrize(
    ("sign", "less", "more"),
    [
        ("confidence", 0.3, 0.95),
        ("answers", False, True),
        ("asked", False, True),
        ("told", True, False),
        ("likeness", -3.0, 3.0),
        ("since_reply_s", 7.0, 0.5),
        ("nearer_db", -12.0, 0.0),
        ("facing", False, True),
        ("somebody", False, True),
    ],
)
def test_each_sign_moves_it_its_way(sign, less, more):
    signs = [replace(DOUBTFUL, **{sign: each}) for each in (less, more)]
    unlikely, likely = map(SHIPPED.probability, signs)
    assert unlikely < likely


@pytest.mark.parametrize(
    "sense", ["likeness", "since_reply_s", "over_noise_db", "nearer_db", "facing", "somebody"]
)
def test_a_sense_that_is_missing_counts_neither_way(sense):
    name = sense.removesuffix("_s").removesuffix("_db")
    assert measures(DOUBTFUL)[name] == 0.0
    assert measures(replace(DOUBTFUL, **{sense: 1.0}))[name] != 0.0


def test_words_that_mean_nothing_here_are_hardly_meant_for_it():
    assert SHIPPED.probability(TALK) < 0.2 < LEAST < SHIPPED.probability(CLEAR)


def test_a_command_that_was_hardly_heard_is_not_meant_for_it():
    misheard = replace(CLEAR, confidence=0.1)
    assert SHIPPED.probability(misheard) < LEAST
    assert SHIPPED.probability(replace(misheard, facing=True, likeness=3.0)) > LEAST


def test_who_looks_away_needs_clearer_words():
    away, looking = (replace(DOUBTFUL, facing=facing) for facing in (False, True))
    assert SHIPPED.probability(away) < LEAST <= SHIPPED.probability(looking)


def test_what_cannot_be_is_bounded():
    least = Signs(command=True, confidence=0.0, words=0, likeness=-1e9, nearer_db=-1e9)
    assert 0.0 < SHIPPED.probability(least) < SHIPPED.probability(CLEAR) < 1.0
