"""Which commands become habits: those that were carried out and stand."""

from dataclasses import replace

import pytest

from assistant.dialogue.learning import Learning
from assistant.dialogue.state import LIFETIME_S, Dialogue
from tests.household import build


@pytest.fixture
def house():
    made = build()
    made.learned = []

    def learn(command):
        made.learned.append((command.intent, *command.targets))

    learning = Learning(learn, made.clock.now)
    made.dispatcher = replace(made.dispatcher, learning=learning)
    return made


async def learned(house, *texts):
    for text in texts:
        await house.say(text)
    house.dispatcher.learning.close()
    return house.learned


ON, OFF = "HassTurnOn", "HassTurnOff"
LAMP, KITCHEN = "light.floor_lamp", "light.kitchen"


async def test_what_is_carried_out_is_learned_once(house):
    assert await learned(house, "turn on the floor lamp") == [(ON, LAMP)]


@pytest.mark.parametrize(
    "texts",
    [
        ("what time is it",),
        ("turn on the floor lamp and the kitchen light", "what time is it"),
        ("turn on the floor lamp", "turn on the floor lamp"),
    ],
)
async def test_each_command_counts_as_often_as_it_is_said(house, texts):
    count = len(texts) + ("and" in texts[0])
    assert len(await learned(house, *texts)) == count


@pytest.mark.parametrize(
    "after",
    ["no", "never mind", "turn off the floor lamp", "no the kitchen light", "turn on the printer"],
)
async def test_what_is_taken_back_or_replaced_at_once_is_no_habit(house, after):
    assert (ON, LAMP) not in await learned(house, "turn on the floor lamp", after)


async def test_putting_back_what_was_wrong_is_no_habit_either(house):
    found = await learned(house, "turn on the floor lamp", "no the kitchen light")
    assert found == [(ON, KITCHEN)]


async def test_going_on_from_a_command_leaves_it_one(house):
    found = await learned(house, "turn on the floor lamp", "and the kitchen light")
    assert found == [(ON, LAMP), (ON, KITCHEN)]


async def test_later_it_may_be_undone_and_has_been_meant(house):
    await house.say("turn on the floor lamp")
    await house.clock.turn(LIFETIME_S + 1)
    assert await learned(house, "turn off the floor lamp") == [(ON, LAMP), (OFF, LAMP)]


async def test_what_fails_is_no_habit(house):
    assert await learned(house, "turn on the flux capacitor", "set a timer") == []


async def test_a_yes_counts_for_what_it_confirms(house):
    question = await house.say("turn on the desk lamp")
    assert not question.success
    assert await learned(house, "the office one") == [(ON, "light.office_desk_lamp")]


async def test_what_cannot_be_learned_is_logged_and_the_next_is(house, caplog):
    def learn(command):
        if command.targets:
            raise ValueError("bad")
        house.learned.append(command.intent)

    house.dispatcher.learning._learn = learn
    assert await learned(house, "turn on the floor lamp", "what time is it") == [
        "HassGetCurrentTime"
    ]
    assert "nothing is learned from: turn on the floor lamp" in caplog.text


async def test_rooms_are_conversations_of_their_own(house):
    """What is said in one room takes nothing back that was said in another."""
    first = house.dispatcher.learning
    elsewhere = replace(
        house.dispatcher, learning=first.beside(first._learn, house.clock.now), dialogue=Dialogue()
    )
    await house.say("turn on the floor lamp")
    meant = house.understanding.interpret_text("turn on the kitchen light")
    await elsewhere.carry_out(meant, meant.text)
    assert sorted(await learned(house)) == [(ON, LAMP), (ON, KITCHEN)]
