"""A small word too many is no part of a timer's name, or of an item."""

import pytest

from tests.household import build


@pytest.fixture(scope="module")
def understanding():
    return build().understanding


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("cancel the pizza so timer", "cancel the pizza timer"),
        ("cancel then timer", "cancel timer"),
        ("pause a timer", "pause timer"),
        ("cancel 5 minutes so timer", "cancel 5 minutes timer"),
        ("remove 1 a hour from the timer", "remove 1 hour from the timer"),
        ("add 30 so seconds to the pizza timer", "add 30 seconds to the pizza timer"),
        (
            "set a timer named pizza and for five minutes",
            "set a timer named pizza for five minutes",
        ),
        ("put apples a on my shopping list", "put apples on my shopping list"),
    ],
)
def test_a_small_word_too_many_is_left_out(understanding, said, meant):
    assert understanding.interpret_text(said).same_meaning(understanding.interpret_text(meant))
    assert understanding.interpret_text(said).reason == f"heard as: {said}"


@pytest.mark.parametrize(
    ("said", "slot", "value"),
    [
        ("cancel the mac and cheese timer", "name", "mac and cheese"),
        ("set a rock a bye timer for ten minutes", "name", "rock a bye"),
        ("add mac and cheese to my shopping list", "item", "mac and cheese"),
        ("add a loaf of bread to my shopping list", "item", "a loaf of bread"),
        ("add look at it to my chores list", "item", "look at it"),
    ],
)
def test_words_within_a_name_stay(understanding, said, slot, value):
    found = understanding.interpret_text(said)
    assert (found.slots[slot], found.reason) == (value, "")
