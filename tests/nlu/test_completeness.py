import pytest

from assistant.endpointing.completeness import Completeness
from tests.household import build

COMPLETE, LIKELY, OPEN, UNSURE, INCOMPLETE = Completeness


@pytest.fixture(scope="module")
def understanding():
    return build().understanding


@pytest.mark.parametrize(
    "said",
    ["", "turn on the", "set the kitchen light to", "close the living", "add milk to my", "play"],
)
def test_these_go_on(understanding, said):
    assert understanding.completeness(said) is INCOMPLETE


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
    assert understanding.completeness(said) is COMPLETE


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
    assert understanding.completeness(said) in {LIKELY, OPEN}


def test_a_room_whose_name_begins_a_device_is_no_unfinished_name():
    home = build()  # Has a kitchen, and a device "Kitchen light".
    assert home.understanding.completeness("turn off everything in the kitchen") is COMPLETE
    assert home.understanding.completeness("turn on the kitchen") is not COMPLETE


def test_the_beginning_of_a_command_is_likelier_unfinished_than_chatter(understanding):
    chatter = understanding.completeness("the cat is asleep")
    assert chatter in {LIKELY, OPEN, UNSURE}
    assert understanding.completeness("turn the kitchen") is INCOMPLETE


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("i want a sandwich", LIKELY),
        ("can i get a large cappuccino", LIKELY),
        ("i want this sandwich there", UNSURE),
        ("i want a sandwich with", INCOMPLETE),
    ],
)
def test_what_is_no_command_is_judged_by_how_sentences_end(understanding, said, expected):
    assert understanding.completeness(said) is expected


def test_the_beginning_of_a_name_is_one_only_where_a_command_may_have_begun(understanding):
    assert understanding.completeness("turn on the coffee") is INCOMPLETE
    assert understanding.completeness("i'd like a large coffee") in {COMPLETE, LIKELY, OPEN}


def test_a_room_is_no_half_name_where_no_command_has_a_device(understanding):
    assert understanding.completeness("what happened in the kitchen") in {COMPLETE, LIKELY, OPEN}
    assert understanding.completeness("lock everything in the kitchen") is not INCOMPLETE


def test_an_item_of_a_list_is_waited_for(understanding):
    assert understanding.completeness("add milk") is INCOMPLETE
