import asyncio
import json

import pytest

from assistant.plugins.api import Asks, Outcome
from tests.household import build


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
        (
            "set an egg timer for six and a half minutes",
            "Started an egg timer for 6 minutes and 30 seconds.",
        ),
        ("set a second timer for twenty minutes", "Started a timer for 20 minutes."),
        ("set an alarm for six a m", "Set an alarm for 6:00 tomorrow."),
        ("set an alarm for seven", "Set an alarm for 19:00."),
        ("wake me up at seven thirty", "Set an alarm for 7:30 tomorrow."),
        ("cancel the timer", "No timer is running."),
        ("how much time is left", "No timer is running."),
    ],
)
async def test_what_is_said(house, said, reply):
    assert (await house.say(said)).reply == reply


@pytest.mark.parametrize("said", ["set a timer", "start another timer"])
async def test_for_how_long_is_asked(house, said):
    assert (await house.say(said)).reply == "For how long?"
    assert (await house.say("ten minutes")).reply == "Started a timer for 10 minutes."


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


@pytest.mark.parametrize(
    ("said", "alarm"),
    [
        ("set an alarm for noon", "12:00 tomorrow"),
        ("set an alarm for midnight", "0:00 tomorrow"),
        ("wake me up at 6 o'clock", "6:00 tomorrow"),
        ("set an alarm for 6:05", "6:05 tomorrow"),
        ("set an alarm for six oh five", "6:05 tomorrow"),
        ("set an alarm for 5 PM tomorrow", "17:00 tomorrow"),
        ("wake me up at six in the morning", "6:00 tomorrow"),
        ("wake me up at seven tomorrow morning", "7:00 tomorrow"),
        ("wake me tomorrow at seven", "7:00 tomorrow"),
        ("set an alarm for quarter to 8", "7:45 tomorrow"),
        ("set an alarm for 19:30", "19:30"),
        ("set an alarm for eight tonight", "20:00"),
        ("set an alarm for two thirty", "2:30 tomorrow"),
        ("set an alarm for 12:30", "12:30 tomorrow"),
        ("set the alarm to 6:30", "6:30 tomorrow"),
        ("i need to get up at six", "6:00 tomorrow"),
        ("wake me on saturday at nine", "9:00 on Saturday"),
        ("wake me on monday at nine", "9:00 on Monday, November 30"),
        ("set a timer for 7 pm", "19:00"),
    ],
)
async def test_alarms_for_a_time_of_day(house, said, alarm):
    assert (await house.say(said)).reply == f"Set an alarm for {alarm}."


@pytest.mark.parametrize(
    "said", ["set an alarm for seven or eight", "set an alarm for 6:75", "set an alarm for 24:00"]
)
async def test_what_is_no_time_sets_no_alarm(house, tmp_path, said):
    await house.say(said)
    assert not (tmp_path / "timers.json").exists()


async def test_timers_of_one_length_are_told_apart_by_their_order(house):
    await house.say("set a timer for one hour")
    await house.clock.turn(60)
    await house.say("set another timer for one hour")
    assert (await house.say("how much time is left")).reply == (
        "59 minutes left on your first 1 hour timer; 1 hour left on your second 1 hour timer."
    )
    question = "Which one do you mean: the first 1 hour timer or the second 1 hour timer?"
    assert (await house.say("cancel the one hour timer")).reply == question
    assert (await house.say("the second one")).reply == "Cancelled your 1 hour timer."
    assert (await house.say("how much time is left")).reply == (
        "59 minutes left on your 1 hour timer."
    )


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("cancel the first timer", ["4 minutes", "5 minutes"]),
        ("cancel the second timer", ["3 minutes", "5 minutes"]),
        ("cancel the last timer", ["3 minutes", "4 minutes"]),
        ("cancel the oldest five minute timer", ["4 minutes", "5 minutes"]),
        ("cancel the third one", ["3 minutes", "4 minutes"]),
    ],
)
async def test_the_first_second_and_last_timer(house, said, left):
    for beginning in ("set a", "set a second", "start a third"):
        await house.say(f"{beginning} timer for five minutes")
        await house.clock.turn(60)
    await house.clock.turn(-60)
    assert (await house.say(said)).success
    reply = (await house.say("how much time is left")).reply
    assert [part.split(" left")[0] for part in reply.split("; ")] == left


@pytest.mark.parametrize(
    "said",
    ["stop", "okay stop", "stop it", "cancel", "be quiet", "quiet", "shut up", "silence", "enough"],
)
async def test_what_ends_the_ringing(house, said):
    await house.say("set a timer for one minute")
    await house.clock.turn(61)
    assert (await house.say(said)).reply == "Okay."
    await house.clock.turn(60)
    assert len(house.announced) == 1


async def test_where_nothing_rings_stop_is_for_the_music(house):
    await house.say("play the kitchen speaker")
    assert (await house.say("stop")).success
    assert await house.state("media_player.kitchen_speaker") == "paused"
    assert (await house.say("cancel")).reply == "Okay."


async def test_stop_is_untimely_where_nothing_rings_or_plays(house):
    assert await house.untimely("stop")
    assert await house.untimely("that's enough")
    await house.say("turn on the desk lamp")
    assert not await house.untimely("cancel"), "it was asked which one"
    await house.say("play the kitchen speaker")
    assert not await house.untimely("stop")
    assert await house.untimely("that's enough")
    await house.say("set a timer for one minute")
    await house.clock.turn(61)
    assert not await house.untimely("that's enough")


async def test_stop_silences_what_is_being_said(tmp_path):
    house = build(tmp_path, hush=lambda: True)
    await house.say("play the kitchen speaker")
    assert (await house.say("be quiet")).reply == ""
    assert await house.state("media_player.kitchen_speaker") == "playing"


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


async def test_what_rings_can_be_put_off(house):
    await house.say("set a pizza timer for one minute")
    await house.clock.turn(61)
    assert (await house.say("snooze")).reply == "I will ring again in 10 minutes."
    await house.clock.turn(599)
    assert len(house.announced) == 1
    await house.clock.turn(1)
    assert house.announced[1:] == ["Your pizza timer is done."]
    assert (await house.say("five more minutes")).reply == "I will ring again in 5 minutes."
    await house.clock.turn(300)
    assert (await house.say("give me two more minutes")).reply == "I will ring again in 2 minutes."
    await house.clock.turn(120)
    assert len(house.announced) == 4
    assert (await house.say("stop")).reply == "Okay."


async def test_an_alarm_that_is_put_off_stays_one(house):
    await house.say("set an alarm for seven p m")
    await house.clock.turn(1801)
    await house.say("snooze for five minutes")
    assert (await house.say("what alarms do i have")).reply == "Your alarm is set for 19:05."
    await house.clock.turn(300)
    assert house.announced[-1] == "Your alarm: it is 19:05."


async def test_where_nothing_rings_nothing_is_put_off(house):
    assert (await house.say("snooze")).reply == "Nothing rings now."
    assert await house.untimely("five more minutes")
    await house.say("set a timer for ten minutes")
    assert (await house.say("give me five more minutes")).reply == (
        "Added 5 minutes to your 10 minutes timer; 15 minutes left."
    )


async def test_alarms_are_told_apart_by_their_day(house):
    await house.say("set an alarm for seven in the morning")
    await house.say("set an alarm for eight on friday")
    assert "8:00 on Friday" in (await house.say("do i have an alarm for friday")).reply
    assert (await house.say("do i have an alarm for sunday")).reply == "There is no such alarm."
    assert (await house.say("cancel tomorrow's alarm")).reply == "Cancelled your alarm."
    assert (await house.say("cancel my alarm for tomorrow")).reply == "There is no such alarm."
    assert (await house.say("cancel my alarm for friday")).reply == "Cancelled your alarm."


async def test_a_day_counts_beside_the_time(house):
    await house.say("set an alarm for seven in the morning")
    await house.say("set an alarm for seven on friday")
    assert (await house.say("cancel the alarm for seven on friday")).reply == (
        "Cancelled your alarm."
    )
    assert "7:00 tomorrow" in (await house.say("what alarms do i have")).reply


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        ("the pizza timer", "Cancelled your pizza timer."),
        ("pizza", "Cancelled your pizza timer."),
        ("the five minute timer", "Cancelled your 5 minutes timer."),
        ("the five minute one", "Cancelled your 5 minutes timer."),
        ("the 5 minute one", "Cancelled your 5 minutes timer."),
        ("the second timer", "Cancelled your pizza timer."),
        ("the first", "Cancelled your 5 minutes timer."),
        ("both", "Cancelled your 5 minutes timer. Cancelled your pizza timer."),
    ],
)
async def test_which_timer_is_meant_may_be_answered_by_what_it_is_called(house, answer, reply):
    await house.say("set a timer for five minutes")
    await house.say("set a pizza timer for twenty minutes")
    assert (await house.say("cancel the timer")).asks is Asks.WHICH
    assert (await house.say(answer)).reply == reply


async def test_which_timer_is_asked_of_two_that_are_alike(house):
    await house.say("set a timer for five minutes")
    await house.say("set a pizza timer for twenty minutes")
    await house.say("add two minutes to the timer")
    assert (await house.say("the pizza timer")).reply.startswith("Added 2 minutes to your pizza")


ROOMS = ("Office", "Kids room")


@pytest.mark.parametrize(
    ("said", "answer", "reply"),
    [
        (
            "turn on the desk lamp in ten minutes",
            "the office one",
            "In 10 minutes: turn on the desk lamp in the Office.",
        ),
        (
            "lock the door in ten minutes",
            "the back door",
            "In 10 minutes: lock the Back door.",
        ),
        (
            "turn on the desk lamp in an hour",
            "both",
            " ".join(f"In 1 hour: turn on the desk lamp in the {each}." for each in ROOMS),
        ),
        (
            "turn on the kettle and turn on the desk lamp in ten minutes",
            "the second",
            "In 10 minutes: turn on the desk lamp in the Kids room.",
        ),
    ],
)
async def test_which_device_is_meant_is_asked_before_the_time_has_come(house, said, answer, reply):
    question = await house.say(said)
    if question.asks is Asks.YES:  # whether the time is that of both
        question = await house.say("yes")
    assert question.asks is Asks.WHICH
    assert (await house.say(answer)).reply == reply


@pytest.mark.parametrize(
    ("first", "second", "answer", "chosen"),
    [
        ("thirty seconds", "ninety seconds", "the thirty second one", "30 seconds"),
        ("one hour and ten minutes", "ten minutes", "the ten minute one", "10 minutes"),
        ("one hour and five minutes", "five minutes", "the five minute timer", "5 minutes"),
        ("one minute", "ten minutes", "the one minute one", "1 minute"),
    ],
)
async def test_a_length_is_that_of_the_timer_that_has_no_more(house, first, second, answer, chosen):
    await house.say(f"set a timer for {first}")
    await house.say(f"set a timer for {second}")
    await house.say("cancel the timer")
    assert (await house.say(answer)).reply == f"Cancelled your {chosen} timer."


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("i need a timer for ten minutes", "Started a timer for 10 minutes."),
        ("i need a ten minute timer", "Started a timer for 10 minutes."),
        ("i need an alarm at seven", "Set an alarm for 19:00."),
        ("i need a reminder to call mom in an hour", "In 1 hour I will remind you: call mom."),
        ("i need an egg timer", "Added egg timer to your shopping list."),
    ],
)
async def test_what_is_needed_may_be_a_timer(house, said, reply):
    assert (await house.say(said)).reply == reply
