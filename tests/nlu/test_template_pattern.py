"""Patterns let every sentence of a template through, and hardly anything else."""

import pytest
from hassil import RangeSlotList, TextSlotList, WildcardSlotList
from hassil.parse_expression import parse_sentence

from assistant.nlu.expressions import CircularRuleError
from assistant.nlu.template_pattern import PatternWriter

ORDER = "[<want>] [a] ([{size}];[{shots}];[{roast}]) {drink} [with {amount} milk]"
LISTS = {
    "size": TextSlotList.from_strings(["small", "extra (big|large)"], name="size"),
    "shots": TextSlotList.from_strings(["single shot", "double shot"], name="shots"),
    "roast": TextSlotList.from_strings(["dark roast"], name="roast"),
    "drink": TextSlotList.from_strings(["mocha", "iced mocha"], name="drink"),
    "amount": WildcardSlotList(name="amount"),
    "percent": RangeSlotList(name="percent", start=0, stop=100),
}
RULES = {"want": parse_sentence("(can i get|i want)"), "again": parse_sentence("and <again>")}


def pattern_of(template):
    return PatternWriter(RULES, LISTS).pattern(parse_sentence(template).expression)


@pytest.mark.parametrize(
    "said",
    [
        "mocha",
        "i want a small iced mocha",
        "can i get a dark roast extra large double shot mocha with a bit of milk",
        "a single shot small dark roast iced mocha",
    ],
)
def test_an_order_may_be_one(said):
    assert pattern_of(ORDER).match(said)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "i want a",
        "i want a smell iced mocha",
        "can i get a dark roast extra tall mocha",
        "i want a mocha please",
    ],
)
def test_what_is_no_order_is_told_apart(said):
    assert not pattern_of(ORDER).match(said)


def test_numbers_and_free_words_may_be_anything():
    assert pattern_of("dim to {percent} percent").match("dim to 30 percent")
    assert pattern_of("dim to {brightness} percent").match("dim to the moon percent")


def test_what_cannot_be_written_is_an_error():
    with pytest.raises(CircularRuleError):
        pattern_of("this <again>")
    with pytest.raises(KeyError):
        pattern_of("this <missing>")
