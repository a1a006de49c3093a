"""Every beginning of a command may begin one, and what begins none is known at once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.nlu.names import NameKind
from assistant.nlu.prefix_matcher import _Walk
from tests.household import build

COMMANDS = (
    "turn on the kitchen light",
    "set the kitchen light to 40 percent",
    "turn off the lights in the living room",
    "set a timer for 10 minutes",
    "set a pizza timer for 10 minutes",
    "add olive oil to my shopping list",
    "what is the temperature in the bedroom",
    "is the garage door open",
    "open the garage door in 5 minutes",
    "how long is left on the timer",
    "what is the weather like tomorrow",
)


@pytest.fixture(scope="module")
def parser():
    return build().understanding._current_parser()


@given(st.sampled_from(COMMANDS), st.integers(1, 9))
def test_the_first_words_of_a_command_may_begin_one(parser, command, count):
    assert parser.may_begin(" ".join(command.split()[:count]))


@pytest.mark.parametrize("command", COMMANDS)
def test_so_may_a_word_that_is_not_over(parser, command):
    assert parser.may_begin(command[:-2])


@pytest.mark.parametrize(
    "text",
    [
        "i want a sandwich",
        "make me a large cappuccino with some milk",
        "the cat is asleep",
        "kitchen i was in the",
        "7 brides for 7 brothers",
    ],
)
def test_other_words_may_not(parser, text):
    assert not parser.may_begin(text)


WORDS = sorted({word for command in COMMANDS for word in command.split()} | {"7", "scullery", "at"})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=6))
def test_what_templates_begin_with_leaves_none_out(parser, words):
    matcher = parser._grammar._prefixes
    names = {kind.value: parser.index.by_kind.get(kind, {}) for kind in NameKind}
    walk = _Walk(words, names, matcher._rules, matcher._lists)
    every = matcher._sentences
    assert matcher.matches(words, names) == (walk.ends(every) or walk.led().ends(every))


def test_only_names_of_this_home_begin_a_command(parser):
    assert parser.may_begin("turn the kitchen")
    assert not parser.may_begin("turn the scullery")
