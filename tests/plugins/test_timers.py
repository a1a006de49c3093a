import asyncio
import json

import pytest
from household import build

from assistant.plugins import Outcome


@pytest.fixture
async def house(tmp_path):
    house = build(tmp_path)
    await house.registry.start()
    yield house
    await house.registry.close()


async def test_a_timer_says_when_it_is_over(house):
    outcome = await house.say("set a timer for ten minutes")
    assert outcome.reply == "Started a timer for 10 minutes."
    await house.clock.turn(599)
    assert house.announced == []
    await house.clock.turn(1)
    assert house.announced == ["Your 10 minutes timer is done."]


async def test_a_timer_rings_until_it_is_stopped(house):
    await house.say("set a timer for one minute")
    await house.clock.turn(71)
    assert len(house.announced) == 2
    await house.say("stop the timer")
    await house.clock.turn(60)
    assert len(house.announced) == 2


async def test_nobody_there_ends_the_ringing(house):
    await house.say("set a timer for one minute")
    await house.clock.turn(3600)
    assert len(house.announced) == 3


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("set a timer for an hour and a half", "Started a timer for 1 hour and 30 minutes."),
        ("set a pizza timer for five minutes", "Started a pizza timer for 5 minutes."),
        ("set a second timer for twenty minutes", "Started a second timer for 20 minutes."),
        ("set an alarm for six a m", "Set an alarm for 6:00 tomorrow."),
        ("set an alarm for seven", "Set an alarm for 19:00."),
        ("wake me up at seven thirty", "Set an alarm for 7:30 tomorrow."),
        ("cancel the timer", "No timer is running."),
        ("how much time is left", "No timer is running."),
    ],
)
async def test_what_is_said(house, said, reply):
    assert (await house.say(said)).reply == reply


async def test_several_timers_are_told_apart(house):
    await house.say("set a pizza timer for five minutes")
    await house.say("set a timer for twenty minutes")
    await house.clock.turn(60)
    outcome = await house.say("how much time is left")
    assert outcome.reply == (
        "4 minutes left on your pizza timer; 19 minutes left on your 20 minutes timer."
    )
    question = await house.say("cancel the timer")
    assert not question.success
    assert question.reply == "Which one do you mean: the pizza timer or the 20 minutes timer?"
    assert (await house.say("cancel the pizza timer")).reply == "Cancelled your pizza timer."
    await house.clock.turn(300)
    assert house.announced == []
    assert (await house.say("how much time is left on the pizza timer")).reply == (
        "There is no pizza timer."
    )


async def test_a_timer_can_be_paused_and_made_longer(house):
    await house.say("set a timer for ten minutes")
    await house.clock.turn(60)
    await house.say("pause the timer")
    await house.clock.turn(3600)
    await house.say("resume the timer")
    assert (await house.say("add five minutes to the timer")).reply == (
        "Added 5 minutes to your 10 minutes timer; 14 minutes left."
    )
    await house.clock.turn(14 * 60 - 1)
    assert house.announced == []
    await house.clock.turn(1)
    assert len(house.announced) == 1


async def test_timers_survive_a_restart(house, tmp_path):
    await house.say("set a pizza timer for five minutes")
    await house.say("set a timer for an hour")
    await house.registry.close()
    later = build(tmp_path)
    later.clock._now_s = 20 * 60
    await later.registry.start()
    await later.clock.turn(0)
    assert later.announced == ["Your pizza timer ended at 18:35, while I was off."]
    assert (await later.say("how much time is left")).reply == (
        "40 minutes left on your 1 hour timer."
    )
    await later.registry.close()


async def test_a_broken_file_loses_timers_and_not_the_service(tmp_path, caplog):
    (tmp_path / "timers.json").write_text("[{")
    house = build(tmp_path)
    await house.registry.start()
    assert "timers are lost" in caplog.text
    await house.say("set a timer for one minute")
    assert len(json.loads((tmp_path / "timers.json").read_text())) == 1
    await house.registry.close()


async def test_a_folder_that_cannot_be_written_is_logged(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    house = build(tmp_path / "file")
    outcome = await house.say("set a timer for one minute")
    assert outcome.success
    assert "will not survive a restart" in caplog.text
    await house.registry.close()


async def test_closing_leaves_no_task_behind(house):
    before = asyncio.all_tasks()
    await house.say("set a timer for ten minutes")
    await house.registry.close()
    assert asyncio.all_tasks() == before


async def test_a_command_is_carried_out_later(tmp_path):
    carried_out = []

    async def carry_out(text):
        carried_out.append(text)
        return Outcome(success=True, reply="Turned it off.")

    house = build(tmp_path, carry_out=carry_out)
    await house.registry.start()
    outcome = await house.say("turn off the kitchen light in five minutes")
    assert outcome.reply == "In 5 minutes: turn off the kitchen light."
    assert json.loads((tmp_path / "timers.json").read_text())[0]["command"] == (
        "turn off the kitchen light"
    )
    await house.clock.turn(299)
    assert carried_out == []
    await house.clock.turn(2)
    assert carried_out == ["turn off the kitchen light"]
    assert house.announced == ["Turned it off."]
    await house.registry.close()


@pytest.mark.parametrize(
    "said", ["blah blah in five minutes", "in five minutes in ten minutes turn off the lights"]
)
async def test_what_could_not_be_done_is_not_put_off(house, said):
    assert house.understanding.interpret_text(said).slots.get("conversation_command") is None


async def test_a_command_that_was_due_while_it_was_off_is_only_told(tmp_path):
    house = build(tmp_path)
    await house.registry.start()
    await house.say("turn off the kitchen light in five minutes")
    await house.registry.close()
    again = build(tmp_path)
    again.clock._now_s = 3600.0
    await again.registry.start()
    await again.clock.turn(1)
    (said,) = again.announced
    assert said.startswith("turn off the kitchen light: this was due at 18:35")
    await again.registry.close()
