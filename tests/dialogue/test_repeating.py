"""The last reply can be heard again."""

import pytest

from assistant.plugins.api import Asks
from tests.household import build


@pytest.fixture
def house(tmp_path):
    return build(tmp_path)


@pytest.mark.parametrize(
    "said", ["say that again", "can you repeat that", "repeat your answer", "say it once more"]
)
async def test_a_reply_is_said_again(house, said):
    first = await house.say("what time is it")
    again = await house.say(said)
    assert again.success
    assert again.reply == first.reply


async def test_it_counts_as_carried_out(house):
    await house.say("what time is it")
    said = house.conversation.interpret_text("say that again")
    assert (await house.dispatcher.carry_out(said, "say that again")).plugin == "conversation"


async def test_it_may_be_asked_for_again_and_again(house):
    first = await house.say("turn on the kitchen light")
    for _ in range(3):
        assert (await house.say("say that again")).reply == first.reply


async def test_a_question_that_was_said_again_is_answered(house):
    asked = await house.say("turn on the desk lamp")
    await house.clock.turn(25)
    again = await house.say("say that again")
    assert (again.reply, again.asks) == (asked.reply, Asks.WHICH)
    await house.clock.turn(25)
    assert (await house.say("the second one")).success


async def test_what_waits_for_a_yes_still_does(house):
    waiting = house.understanding.interpret_text("unlock the front door").with_confidence(0.1)
    asked = await house.dispatcher.carry_out(waiting, "unlock the front door")
    assert asked.outcome.asks is Asks.YES
    assert (await house.say("say that again")).reply == asked.outcome.reply
    await house.say("yes")
    assert await house.state("lock.front_door") == "unlocked"


async def test_where_nothing_was_said_there_is_nothing_to_repeat(house):
    assert await house.untimely("say that again")
    assert (await house.say("say that again")).reply == "I have not said anything lately."
    await house.say("what time is it")
    assert not await house.untimely("say that again")
    await house.clock.turn(301)
    assert await house.untimely("say that again")
