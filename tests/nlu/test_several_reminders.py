"""Several reminders in one sentence: each with its own title and time, or it is asked."""

import pytest

from tests.household import build


@pytest.fixture(scope="module")
def understanding():
    return build().understanding


def reminders(found):
    return [
        (each.slots.get("reminder"), each.slots.get("clock_hour", each.slots.get("minutes")))
        for each in found.commands
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "remind me to call mom at seven and to feed the cat at eight",
            [("call mom", 7), ("feed the cat", 8)],
        ),
        (
            "remind me to call mom at seven and remind me to feed the cat at eight",
            [("call mom", 7), ("feed the cat", 8)],
        ),
        (
            "remind me to take the trash out in ten minutes and to call dad in twenty minutes",
            [("take the trash out", 10), ("call dad", 20)],
        ),
        (
            "remind me at seven to call mom and at eight to call dad",
            [("call mom", 7), ("call dad", 8)],
        ),
        (
            "remind me to take my pills at seven and at nine",
            [("take my pills", 7), ("take my pills", 9)],
        ),
        (
            "remind me about the meeting at three and the call at four",
            [("the meeting", 3), ("the call", 4)],
        ),
        ("remind me to call mom at seven and anna at eight", [("call mom", 7), ("call anna", 8)]),
        ("remind me to meet bob and ann at eight", [("meet bob and ann", 8)]),
        ("remind me at seven to call mom and dad", [("call mom and dad", 7)]),
        ("remind me to buy milk and eggs at nine", [("buy milk and eggs", 9)]),
        (
            "remind me to call mom and turn off the tv at nine",
            [("call mom and turn off the tv", 9)],
        ),
    ],
)
def test_each_reminder_has_its_time(understanding, said, expected):
    found = understanding.interpret_text(said)
    assert reminders(found) == expected
    assert not found.question


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "remind me to call mom at seven and dad at eight",
            [("call mom", 7), ("call dad", 8)],
        ),
        (
            "set a reminder to call mom at seven and feed the cat at eight",
            [("call mom", 7), ("feed the cat", 8)],
        ),
        (
            "remind me to take out the trash at seven and the recycling at eight",
            [("take out the trash", 7), ("take out the recycling", 8)],
        ),
    ],
)
def test_it_is_asked_where_a_verb_may_be_for_both(understanding, said, expected):
    found = understanding.interpret_text(said)
    assert reminders(found) == expected
    assert found.question.startswith("Did you mean: ")


def test_it_is_asked_whether_what_is_for_later_is_to_be_reminded_of(understanding):
    said = "remind me to call mom at seven and lock the back door at nine"
    found = understanding.interpret_text(said)
    assert [each.intent for each in found.commands] == ["HearthRemind", "HassStartTimer"]
    assert found.question


async def test_both_are_set_after_a_yes():
    house = build()
    asked = await house.say("remind me to call mom at seven and dad at eight")
    assert not asked.success
    done = await house.say("yes")
    assert (
        done.reply == "At 19:00 I will remind you: call mom. At 20:00 I will remind you: call dad."
    )


@pytest.mark.parametrize(
    "said",
    ["remind me to buy salt and pepper at seven and oil and vinegar at eight"],
)
def test_one_is_never_the_title_of_another(understanding, said):
    assert understanding.interpret_text(said).intent is None
