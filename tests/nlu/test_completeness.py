import pytest
from household import build

from assistant.nlu.completeness import (
    FINISHED,
    MAY_GO_ON,
    PROBABLY_FINISHED,
    PROBABLY_UNFINISHED,
    UNFINISHED,
    UNKNOWN,
)


@pytest.fixture(scope="module")
def understanding():
    return build().understanding


@pytest.mark.parametrize(
    "said",
    ["", "turn on the", "set the kitchen light to", "close the living", "add milk to my", "play"],
)
def test_these_go_on(understanding, said):
    assert understanding.incomplete(said) == UNFINISHED


@pytest.mark.parametrize(
    "said",
    [
        "turn on the kitchen light",
        "what time is it",
        "lock the back door",
        "cancel the timer",
        "is the garage door open",
        "turn off the lights in the kitchen",
        "set a timer for ten minutes",
        "dim the light to 30 percent",
    ],
)
def test_these_are_over(understanding, said):
    assert understanding.incomplete(said) == FINISHED


@pytest.mark.parametrize(
    "said",
    [
        "set the kitchen light to twenty",
        "set a timer for an hour",
        "turn off the lights",
        "turn off everything",
        "what is the temperature",
        "dim the kitchen light",
        "how long is left",
    ],
)
def test_these_may_go_on(understanding, said):
    assert FINISHED < understanding.incomplete(said) <= MAY_GO_ON


def test_a_room_whose_name_begins_a_device_is_no_unfinished_name():
    home = build()  # Has a kitchen, and a device "Kitchen light".
    assert home.understanding.incomplete("turn off everything in the kitchen") == FINISHED
    assert home.understanding.incomplete("turn on the kitchen") > FINISHED


def test_the_beginning_of_a_command_is_likelier_unfinished_than_chatter(understanding):
    chatter = understanding.incomplete("the cat is asleep")
    assert understanding.incomplete("turn the kitchen") > chatter > FINISHED


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("i want a sandwich", PROBABLY_FINISHED),
        ("can i get a large cappuccino", PROBABLY_FINISHED),
        ("i want this sandwich there", UNKNOWN),
        ("i want a sandwich with", UNFINISHED),
    ],
)
def test_what_is_no_command_is_judged_by_how_sentences_end(understanding, said, expected):
    assert understanding.incomplete(said) == expected


def test_the_beginning_of_a_name_is_one_only_where_a_command_may_have_begun(understanding):
    assert understanding.incomplete("turn on the coffee") == UNFINISHED
    assert understanding.incomplete("i'd like a large coffee") < UNKNOWN


def test_a_room_is_no_half_name_where_no_command_has_a_device(understanding):
    assert understanding.incomplete("what happened in the kitchen") < UNKNOWN
    assert understanding.incomplete("lock everything in the kitchen") < PROBABLY_UNFINISHED


def test_an_item_of_a_list_is_waited_for(understanding):
    assert understanding.incomplete("add milk") == PROBABLY_UNFINISHED
