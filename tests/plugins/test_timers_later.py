"""Commands for later, commands for a while, and reminders. It is Monday, 18:30."""

import json

import pytest

from tests.household import build


@pytest.fixture
async def house(tmp_path):
    house = build(tmp_path)
    await house.registry.start()
    yield house
    await house.registry.close()


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("turn on the bedroom light at nine", "At 21:00: turn on the bedroom light."),
        ("turn on the bedroom light at 21:05", "At 21:05: turn on the bedroom light."),
        ("turn on the coffee machine at seven", "At 19:00: turn on the coffee machine."),
        ("start the vacuum at six", "At 6:00 tomorrow: start the vacuum."),
        (
            "turn on the fan in the bedroom at noon",
            "At 12:00 tomorrow: turn on the fan in the bedroom.",
        ),
        ("close the office blinds tonight at half past ten", "At 22:30: close the office blinds."),
        ("turn off the kettle five minutes from now", "In 5 minutes: turn off the kettle."),
        ("an hour from now turn off the kettle", "In 1 hour: turn off the kettle."),
        ("at ten turn off all the lights", "At 22:00: turn off all the lights."),
        ("play music on saturday at seven", "At 7:00 on Saturday: play music."),
        (
            "set the bedroom light to twenty percent tomorrow morning at seven",
            "At 7:00 tomorrow: set the bedroom light to twenty percent.",
        ),
        ("turn off the bedroom light in two hours", "In 2 hours: turn off the bedroom light."),
        ("turn on the kitchen light at five today", "That time is past."),
        ("turn on the kitchen light at 25 o'clock", "There is no such time of day."),
        ("set an alarm for 25:00", "There is no such time of day."),
        ("remind me at 7:75 to call mom", "There is no such time of day."),
    ],
)
async def test_when_a_command_is_carried_out(house, said, reply):
    before = await house.state("light.bedroom")
    assert (await house.say(said)).reply == reply
    assert await house.state("light.bedroom") == before


@pytest.mark.parametrize(
    "said",
    [
        "turn on the kitchen light and the bedroom light at nine",
        "turn off the bedroom light and turn on the kitchen light at nine",
    ],
)
async def test_a_time_at_the_end_of_several_commands_is_no_percentage(house, said):
    before = await house.state("light.bedroom")
    await house.say(said)
    assert await house.state("light.kitchen") == "off"
    assert await house.state("light.bedroom") == before


async def test_set_at_nine_is_a_percentage(house):
    assert (await house.say("set the bedroom light at nine")).success
    assert await house.attribute("light.bedroom", "brightness") == 9


async def test_it_is_done_at_that_time(house):
    await house.say("turn on the kitchen light at nine")
    await house.clock.turn(2.5 * 3600 - 1)
    assert await house.state("light.kitchen") == "off"
    await house.clock.turn(1)
    assert await house.state("light.kitchen") == "on"
    assert house.announced == ["Turned on the Kitchen light."]


@pytest.mark.parametrize(
    "said",
    [
        "turn on the kitchen light later",
        "turn on the kitchen light tonight",
        "turn on the kitchen light tomorrow morning",
        "turn on the kitchen light next week",
        "turn on the kitchen light on saturday",
        "unlock the front door later",
        "remind me to call mom",
        "remind me tonight to call mom",
        "set an alarm for tomorrow morning",
        "wake me up tomorrow",
        "turn off the tv then turn on the kitchen light later",
    ],
)
async def test_a_time_that_is_not_clear_is_asked_for(house, tmp_path, said):
    meant = await house.dispatcher.with_question(house.understanding.interpret_text(said))
    assert meant.question.startswith("When?")
    outcome = await house.say(said)
    assert not outcome.success
    assert outcome.reply.startswith("When?")
    assert await house.state("light.kitchen") == "off"
    assert await house.state("lock.front_door") == "locked"
    assert not (tmp_path / "timers.json").exists()


@pytest.mark.parametrize(
    "said",
    [
        "what time is it at nine",
        "is the front door locked at nine",
        "what day is it tomorrow",
        "is the front door locked tonight",
        "what's the date tomorrow",
        "set a timer for five minutes at nine",
        "cancel the timer in ten minutes",
    ],
)
async def test_only_commands_can_wait(house, tmp_path, said):
    outcome = await house.say(said)
    assert (outcome.success, outcome.reply) == (False, "I can put off only commands to the home.")
    assert not (tmp_path / "timers.json").exists()


async def test_stop_in_a_while_is_for_the_music(house):
    await house.say("turn on the tv")
    await house.say("play music on the tv and stop in ten minutes")
    assert await house.state("media_player.tv") == "playing"
    await house.clock.turn(600)
    assert await house.state("media_player.tv") == "paused"


async def test_what_opens_the_home_is_confirmed_when_it_is_put_off(house):
    asked = await house.say("unlock the front door at ten")
    assert asked.reply == "At 22:00: unlock the front door. Is that right? Then say yes."
    await house.clock.turn(4 * 3600)
    assert await house.state("lock.front_door") == "locked"
    await house.say("unlock the front door in ten minutes")
    assert (await house.say("yes")).reply == "In 10 minutes: unlock the front door."
    await house.clock.turn(600)
    assert await house.state("lock.front_door") == "unlocked"


async def test_for_a_while_it_is_done_and_undone(house):
    outcome = await house.say("turn on the kitchen light for ten minutes")
    assert outcome.reply == (
        "Turned on the Kitchen light. In 10 minutes: turn off the kitchen light."
    )
    assert outcome.changes
    assert await house.state("light.kitchen") == "on"
    await house.clock.turn(600)
    assert await house.state("light.kitchen") == "off"


async def test_what_was_off_before_is_not_turned_on_afterwards(house, tmp_path):
    assert (await house.say("turn off the kitchen light for ten minutes")).success
    assert not (tmp_path / "timers.json").exists()


async def test_until_a_time_of_day(house):
    outcome = await house.say("turn on the kitchen light until nine")
    assert outcome.reply.endswith("At 21:00: turn off the kitchen light.")


async def test_locking_for_a_while_unlocks_and_so_is_asked(house):
    asked = await house.say("lock the front door for five minutes")
    assert asked.reply == (
        "Lock the front door now; in 5 minutes: unlock the front door. Is that right? Then say yes."
    )
    assert not asked.success


async def test_what_has_no_opposite_is_not_done_for_a_while(house, tmp_path):
    before = await house.attribute("climate.living_room", "temperature")
    outcome = await house.say("set the living room to 25 degrees for an hour")
    assert outcome.reply.startswith("I would not know how to undo this afterwards")
    assert await house.attribute("climate.living_room", "temperature") == before
    assert not (tmp_path / "timers.json").exists()


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("remind me to call mom at five", "At 17:00 tomorrow I will remind you: call mom."),
        ("remind me at nine to call mom", "At 21:00 I will remind you: call mom."),
        ("remind me to call mom in ten minutes", "In 10 minutes I will remind you: call mom."),
        ("in ten minutes remind me to call mom", "In 10 minutes I will remind you: call mom."),
        ("remind me tomorrow at six to call mom", "At 6:00 tomorrow I will remind you: call mom."),
        (
            "set a reminder to call mom at 3 pm",
            "At 15:00 tomorrow I will remind you: call mom.",
        ),
        (
            "remind me to turn off the kitchen light and the oven and go to bed at eleven",
            "At 23:00 I will remind you: turn off the kitchen light and the oven and go to bed.",
        ),
    ],
)
async def test_reminders(house, said, reply):
    assert (await house.say(said)).reply == reply


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ("remind me to feed the cat every morning at eight", "every morning"),
        ("remind me to feed the cat every morning", "every morning"),
        ("remind me at nine to check the oven every 10 minutes", "every 10 minutes"),
        ("remind me to call mom each sunday at six", "each"),
    ],
)
async def test_a_reminder_that_is_to_come_again_is_refused(house, tmp_path, said, again):
    outcome = await house.say(said)
    assert outcome.reply == f'I can remind you only once. Say it without "{again}".'
    assert not (tmp_path / "timers.json").exists()


async def test_every_word_of_a_reminder_is_kept(house):
    outcome = await house.say("please remind me in ten minutes to say thank you")
    assert outcome.reply == "In 10 minutes I will remind you: say thank you."
    outcome = await house.say("remind me at nine to water every plant again")
    assert outcome.reply == "At 21:00 I will remind you: water every plant again."


async def test_a_reminder_is_listed_said_and_stopped(house):
    await house.say("remind me to call mom in ten minutes")
    await house.say("remind me to buy milk at nine")
    listed = "In 10 minutes: call mom; at 21:00: buy milk."
    assert (await house.say("what reminders do i have")).reply == listed
    await house.clock.turn(601)
    assert house.announced == ["Reminder: call mom."]
    assert (await house.say("stop")).reply == "Okay."
    await house.clock.turn(60)
    assert len(house.announced) == 1
    assert (await house.say("cancel the reminder to buy milk")).success
    assert (await house.say("do i have any reminders")).reply == "There are no reminders."


async def test_commands_for_later_are_listed_and_cancelled(house, tmp_path):
    await house.say("turn on the kitchen light at nine")
    assert (await house.say("what is scheduled")).reply == "At 21:00: turn on the kitchen light."
    assert (await house.say("cancel the timer")).reply == "No timer is running."
    assert (await house.say("cancel the scheduled command")).success
    assert json.loads((tmp_path / "timers.json").read_text()) == []


async def test_an_alarm_is_found_by_its_time(house):
    await house.say("set an alarm for seven")
    await house.say("set an alarm for half past eight")
    listed = "Your alarm is set for 19:00; your alarm is set for 8:30 tomorrow."
    assert (await house.say("what alarms do i have")).reply == listed
    question = "Which one do you mean: the alarm at 19:00 or the alarm at 8:30?"
    assert (await house.say("cancel the alarm")).reply == question
    await house.say("cancel the seven o'clock alarm")
    assert (await house.say("when is my alarm")).reply == "Your alarm is set for 8:30 tomorrow."
