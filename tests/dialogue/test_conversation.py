"""What is understood from what was said before, over the demo home."""

import pytest

from assistant.dialogue.choice import chosen, option
from assistant.dialogue.state import LIFETIME_S
from assistant.endpointing.completeness import Completeness
from assistant.plugins.api import Asks
from tests.household import build

OFFICE, KIDS = "light.office_desk_lamp", "light.kids_desk_lamp"
ASKED = "turn on the desk lamp"


@pytest.fixture
def house():
    return build()


async def meant(house, *texts):
    """What the last of some sentences means, the others carried out before."""
    *before, last = texts
    for text in before:
        await house.say(text)
    return house.conversation.interpret_text(last)


@pytest.mark.parametrize(
    ("answer", "targets"),
    [
        ("the office one", (OFFICE,)),
        ("um in the office please", (OFFICE,)),
        ("the kids room", (KIDS,)),
        ("the one in the kids room", (KIDS,)),
        ("the first", (OFFICE,)),
        ("the second one", (KIDS,)),
        ("the last one", (KIDS,)),
        ("yes the office one", (OFFICE,)),
        ("just the office one", (OFFICE,)),
        ("make it the office one", (OFFICE,)),
        ("turn on the office one", (OFFICE,)),
        ("turn on the one in the kids room", (KIDS,)),
        ("no the office one", (OFFICE,)),
    ],
)
async def test_an_answer_says_which_one(house, answer, targets):
    question = await house.say(ASKED)
    assert question.asks is Asks.WHICH
    found = house.conversation.interpret_text(answer)
    assert (found.intent, found.targets, found.answers) == ("HassTurnOn", targets, True)
    assert (await house.say(answer)).success
    assert await house.state(targets[0]) == "on"


@pytest.mark.parametrize("answer", ["both", "both of them", "all of them", "both lamps"])
async def test_an_answer_may_be_all_of_them(house, answer):
    outcome = (await house.say(ASKED), await house.say(answer))[-1]
    assert outcome.success
    assert {await house.state(OFFICE), await house.state(KIDS)} == {"on"}


@pytest.mark.parametrize(
    "answer", ["no", "neither", "neither of them", "none of them", "never mind"]
)
async def test_an_answer_may_be_no(house, answer):
    await house.say(ASKED)
    assert (await house.say(answer)).reply == "Okay."
    assert (await meant(house, "the office one")).targets != (OFFICE,)


@pytest.mark.parametrize("answer", ["the garden one", "the third one", "the lamp", "the red one"])
async def test_what_is_none_of_them_is_no_answer(house, answer):
    assert not (await meant(house, ASKED, answer)).answers


async def test_a_no_takes_back_what_waits_for_a_yes(house):
    question = await house.say("turn on the kitchen lamp")
    assert question is None or question.asks is not Asks.YES
    waiting = house.understanding.interpret_text("unlock the front door").with_confidence(0.1)
    asked = await house.dispatcher.carry_out(waiting, "unlock the front door")
    assert asked.outcome.asks is Asks.YES
    assert (await house.say("no")).reply == "Okay."
    assert (await house.say("yes")).reply == "There is nothing to say yes to."
    assert await house.state("lock.front_door") == "locked"


@pytest.mark.parametrize(
    ("command", "answer", "slots"),
    [
        ("set an alarm", "for seven thirty", {"clock_hour": 7, "clock_minute": 30}),
        ("remind me to call mum", "at nine", {"clock_hour": 9}),
        ("remind me to call mum", "in ten minutes", {"minutes": 10}),
    ],
)
async def test_what_was_lacking_may_be_said_alone(house, command, answer, slots):
    assert (await house.say(command)).asks is Asks.MORE
    found = house.conversation.interpret_text(answer)
    assert found.slots.items() >= slots.items()
    assert (await house.say(answer)).success


@pytest.mark.parametrize(
    ("command", "slots"),
    [
        ("remind me to take out the bins in ten minutes", {"reminder": "take out the bins"}),
        ("wake me up at seven", {"waking_hour": 7}),
        ("turn on the kitchen light", {"name": "Kitchen light"}),
    ],
)
async def test_whoever_says_a_whole_command_instead_of_an_answer_means_that(house, command, slots):
    assert (await house.say("remind me to call mum")).asks is Asks.MORE
    found = house.conversation.interpret_text(command)
    assert found.slots.items() >= slots.items()
    assert "call mum" not in str(found.slots)
    assert (await house.say(command)).success


@pytest.mark.parametrize(
    ("before", "said", "intent", "targets"),
    [
        ("turn on the kitchen light", "and the bedroom", "HassTurnOn", ("light.bedroom",)),
        ("turn on the kitchen light", "and the hallway too", "HassTurnOn", ("light.hallway",)),
        ("turn on the kitchen light", "the hallway too", "HassTurnOn", ("light.hallway",)),
        ("turn on the kitchen light", "and off again", "HassTurnOff", ("light.kitchen",)),
        (
            "what is the temperature in the kitchen",
            "what about the office",
            "HassClimateGetTemperature",
            ("sensor.office_temperature",),
        ),
        ("lock the front door", "and the back door", "HassTurnOn", ("lock.back_door",)),
        ("turn on the kitchen light", "no the other one", "HassTurnOn", ("light.counter",)),
    ],
)
async def test_more_of_the_same(house, before, said, intent, targets):
    found = await meant(house, before, said)
    assert (found.intent, found.targets, found.answers) == (intent, targets, True)


async def test_what_was_turned_on_by_mistake_is_turned_off_again(house):
    await house.say("turn off the bedroom light")
    await house.say("turn on the kitchen light")
    assert (await house.say("no the bedroom light")).success
    assert await house.state("light.bedroom") == "on"
    assert await house.state("light.kitchen") == "off"


async def test_a_light_that_was_off_before_a_value_was_set_is_so_again(house):
    await house.say("set the bedroom light to fifty percent")
    assert (await house.say("no the office light")).success
    assert await house.attribute("light.office", "brightness") == 50
    assert await house.state("light.bedroom") == "off"


async def test_a_value_that_there_was_before_is_not_known(house):
    await house.say("set the bedroom light to fifty percent")
    found = await meant(house, "set the bedroom light to ten percent", "no the office light")
    assert found.intent is None


async def test_a_second_correction_is_of_the_first(house):
    texts = "turn on the office light", "no the hallway light", "no the bedroom light"
    found = await meant(house, *texts)
    assert [(each.intent, each.targets) for each in found.commands] == [
        ("HassTurnOn", ("light.bedroom",)),
        ("HassTurnOff", ("light.hallway",)),
    ]


async def test_what_was_on_before_stays_on(house):
    await house.say("turn on the kitchen light")
    await house.say("turn on the kitchen light")
    await house.say("no the bedroom light")
    assert await house.state("light.kitchen") == "on"


async def test_the_other_one_is_of_those_that_were_asked_about(house):
    await house.say(ASKED)
    await house.say("the office one")
    await house.say("no the other one")
    assert (await house.state(OFFICE), await house.state(KIDS)) == ("off", "on")


async def test_a_value_is_put_right(house):
    await house.say("set the bedroom light to fifty percent")
    assert (await house.say("no sixty percent")).success
    assert await house.attribute("light.bedroom", "brightness") == 60


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("set a timer for five minutes", "no ten minutes"),
        ("add milk to the shopping list", "no butter"),
        ("turn on the kitchen light", "no way"),
        ("turn on the kitchen light", "and then he said"),
        ("turn on the kitchen light", "and the other day we went home"),
        ("what time is it", "and the bedroom"),
    ],
)
async def test_what_cannot_be_put_right_or_is_talk_means_nothing(house, before, said):
    assert (await meant(house, before, said)).intent is None


async def test_a_whole_command_is_one_whatever_was_asked(house):
    found = await meant(house, ASKED, "and turn off the bedroom light")
    assert (found.intent, found.targets, found.answers) == (
        "HassTurnOff",
        ("light.bedroom",),
        False,
    )


async def test_a_question_is_forgotten_after_a_while(house):
    await house.say(ASKED)
    await house.clock.turn(LIFETIME_S - 1)
    assert (await meant(house, "the office one")).answers
    await house.clock.turn(2)
    assert not (await meant(house, "the office one")).answers


async def test_a_worse_hypothesis_may_be_the_answer(house):
    await house.say(ASKED)
    outcome = await house.say("the of his one", "the office one")
    assert outcome.success
    await house.say(ASKED)
    assert await house.say("the of his one", "the office one", apart=6.0) is None


@pytest.mark.parametrize(
    ("heard", "other"), [("but", "both"), ("the office would", "the office one")]
)
async def test_an_answer_of_a_few_words_may_be_badly_heard(house, heard, other):
    await house.say(ASKED)
    assert (await house.say(heard, other, apart=3.0)).success


@pytest.mark.parametrize(
    ("before", "heard", "other"),
    [
        (ASKED, "that is the last time", "that is the last one"),
        (ASKED, "of course it is", "office it is"),
        (ASKED, "and if it is", "the office one"),
        ("turn on the kitchen light", "and go at it", "and the garage light"),
    ],
)
async def test_a_worse_hypothesis_that_sounds_otherwise_is_none(house, before, heard, other):
    await house.say(before)
    assert await house.say(heard, other, apart=2.5) is None


async def test_what_sounds_the_same_may_be_meant(house):
    await house.say("turn on the kitchen light")
    assert (await house.say("know the bedroom light", "no the bedroom light")).success


async def test_a_correction_within_more_of_the_same_replaces_what_is_known(house):
    await house.say("turn on the kitchen light")
    assert (await meant(house, "and here am i wait to four")).intent is None
    assert (await meant(house, "and the bedroom no the office")).targets


async def test_an_answer_is_complete_but_a_mere_no_may_go_on(house):
    await house.say(ASKED)
    completeness = house.conversation.completeness
    assert completeness("the office one") is Completeness.COMPLETE
    assert completeness("no") is Completeness.OPEN
    assert completeness("turn on the") is Completeness.INCOMPLETE


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("turn on the desk lamp", "Which one do you mean: "),
        ("turn on the dishwasher", "I know no device called "),
    ],
)
async def test_it_is_not_asked_where_a_yes_leads_nowhere(house, text, reply):
    found = house.understanding.interpret_text(text)
    doubted = type(found)(**{**_fields(found), "question": f"Did you mean: {text}?"})
    assert (await house.dispatcher.with_question(doubted)).question == ""
    assert (await house.dispatcher.carry_out(doubted, text)).outcome.reply.startswith(reply)


async def test_it_is_asked_where_a_yes_does_something(house):
    found = house.understanding.interpret_text("turn on the kitchen light")
    doubted = type(found)(**{**_fields(found), "question": "Did you mean: turn on ...?"})
    assert (await house.dispatcher.with_question(doubted)).question


def _fields(found):
    return {name: getattr(found, name) for name in found.__slots__}


def test_words_that_fit_all_choose_none():
    options = [option("a", ["Front door"], ["Hall"]), option("b", ["Back door"], ["Kitchen"])]
    assert chosen(["the", "door"], options) is None
    assert chosen(["the", "front", "door"], options) == ("a",)
    assert chosen(["the", "kitchen", "one"], options) == ("b",)


def test_its_own_name_counts_more_than_its_room():
    options = [
        option("a", ["Kitchen light"], ["Kitchen"]),
        option("b", ["Counter light"], ["Kitchen"]),
        option("c", ["Hall light"], ["Hall"]),
    ]
    assert chosen(["the", "kitchen", "light"], options) == ("a",)
    assert chosen(["the", "kitchen", "ones"], options) == ("a", "b")


LOCKS = ("lock.front_door", "lock.back_door")


@pytest.mark.parametrize(
    ("said", "answer", "states"),
    [
        (
            "turn off the kitchen light and lock the door",
            "the front door",
            {"lock.front_door": "locked", "light.kitchen": "off"},
        ),
        (
            "turn off all the lights and lock the door",
            "both",
            {"lock.front_door": "locked", "lock.back_door": "locked"},
        ),
        (
            "set a timer for five minutes and turn on the desk lamp",
            "the office one",
            {OFFICE: "on", KIDS: "off"},
        ),
        (
            "turn on the kitchen light and turn on the desk lamp",
            "the second",
            {"light.kitchen": "on", OFFICE: "off", KIDS: "on"},
        ),
    ],
)
async def test_an_answer_is_for_the_command_that_was_asked_about(house, said, answer, states):
    question = await house.say(said)
    assert question.asks is Asks.WHICH
    outcome = await house.say(answer)
    assert outcome.success
    assert {device: await house.state(device) for device in states} == states


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("turn on the kettle", "and the office"),
        ("turn on the tv", "and the bedroom"),
        ("set the bedroom thermostat to 20", "and the kitchen"),
    ],
)
async def test_more_of_the_same_is_of_the_same_kind(house, before, said):
    await house.say(before)
    assert await house.say(said) is None


@pytest.mark.parametrize(
    ("before", "said", "intent", "targets"),
    [
        (
            "turn on the kitchen light and lock the back door",
            "and the bedroom light",
            "HassTurnOn",
            ("light.bedroom",),
        ),
        (
            "unlock the front door and turn on the hallway light",
            "and the back door",
            "HassTurnOff",
            ("lock.back_door",),
        ),
        (
            "turn on the kitchen light and unlock the front door",
            "and the hallway",
            "HassTurnOn",
            ("light.hallway",),
        ),
    ],
)
async def test_more_of_the_same_is_of_the_command_that_it_fits(
    house, before, said, intent, targets
):
    found = await meant(house, before, said)
    assert (found.intent, found.targets) == (intent, targets)


@pytest.mark.parametrize("said", ["and the garage", "no the garage", "what about the garage"])
async def test_a_gate_is_not_opened_by_what_blinds_are_asked_for(house, said):
    await house.say("turn off the kitchen light and open the office blinds")
    asked = await house.say(said)
    assert asked is None or asked.asks is Asks.YES
    assert await house.state("cover.garage_door") == "closed"


async def test_a_correction_of_all_is_of_all(house):
    await house.say("turn on the kitchen light and turn on the office light")
    assert (await house.say("no turn them off")).success
    assert {await house.state(each) for each in ("light.kitchen", "light.office")} == {"off"}
    await house.say("set the kitchen light to fifty percent and the office light to fifty percent")
    assert (await house.say("no both to sixty")).success
    for each in ("light.kitchen", "light.office"):
        assert await house.attribute(each, "brightness") == 60


async def test_two_questions_of_one_sentence_are_asked_in_turn(house):
    first = await house.say("turn on the desk lamp and lock the door")
    assert first.reply.count("Which one") == 1
    assert "Desk lamp" in first.reply
    second = await house.say("the office one")
    assert await house.state(OFFICE) == "on"
    assert second.asks is Asks.WHICH
    assert "Front door" in second.reply
    assert (await house.say("the back door")).reply == "Locked the Back door."


async def test_a_correction_is_of_the_command_that_it_fits(house):
    await house.say("turn on the kitchen light and lock the back door")
    assert (await house.say("no the bedroom light")).success
    assert await house.state("light.kitchen") == "off"
    assert await house.state("light.bedroom") == "on"
    assert await house.state("lock.back_door") == "locked"


async def test_a_correction_of_the_last_of_two_leaves_the_first(house):
    await house.say("turn on the kitchen light and the office light")
    assert (await house.say("no the bedroom light")).success
    assert await house.state("light.kitchen") == "on"
    assert await house.state("light.office") == "off"


async def test_a_correction_opens_nothing(house):
    await house.say("lock the back door")
    assert (await house.say("no the front door")).success
    assert {await house.state(each) for each in LOCKS} == {"locked"}


async def test_a_command_ends_the_question_before_it(house):
    asked = await house.say("unlock the frond door", "unlock the front door")
    assert asked.asks is Asks.YES
    assert (await house.say("turn on the office light")).success
    assert (await house.say("yes")).reply == "There is nothing to say yes to."
    assert await house.state("lock.front_door") == "locked"


async def test_a_time_that_two_commands_lack_is_asked_for_once(house):
    assert (await house.say("turn on the kitchen light and turn on the tv later")).asks is Asks.MORE
    assert await house.state("light.kitchen") == "off"
    assert (await house.say("at nine pm")).reply == (
        "At 21:00: turn on the kitchen light. At 21:00: turn on the tv."
    )


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("play some music", "no in the bedroom"),
        ("remind me to call mom at nine", "and at ten"),
        ("set a timer for five minutes", "and another for ten minutes"),
        ("turn up the heating by two degrees", "no twenty one"),
        ("turn down the volume by ten percent", "no twenty percent"),
    ],
)
async def test_what_cannot_be_put_in_place_of_something_changes_nothing(house, before, said):
    await house.say(before)
    assert await house.say(said) is None


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("pause it", "Paused your 5 minutes timer."),
        ("stop it", "Cancelled your 5 minutes timer."),
        ("add two minutes to it", "Added 2 minutes to your 5 minutes timer; 7 minutes left."),
    ],
)
async def test_it_is_the_timer_that_was_spoken_of(house, said, reply):
    await house.say("turn on the kitchen light")
    await house.say("set a timer for five minutes")
    assert (await house.say(said)).reply == reply
    assert await house.state("light.kitchen") == "on"


async def test_it_is_a_device_where_that_was_spoken_of_last(house):
    await house.say("set a timer for five minutes")
    await house.say("turn on the kitchen light")
    assert (await house.say("turn it off")).success
    assert await house.state("light.kitchen") == "off"


async def test_music_goes_on_in_another_room(house):
    await house.say("play jazz")
    assert (await house.say("and in the bedroom")).reply == "Playing jazz on the Bedroom speaker."


@pytest.mark.parametrize(
    ("said", "when", "reply"),
    [
        ("turn on the tv later", "at nine pm", "At 21:00: turn on the tv."),
        ("turn on the tv in the morning", "at nine", "At 9:00 tomorrow: turn on the tv."),
        ("remind me to call mom later", "at nine pm", "At 21:00 I will remind you: call mom."),
    ],
)
async def test_a_clear_time_takes_the_place_of_an_unclear_one(house, said, when, reply):
    assert (await house.say(said)).asks is Asks.MORE
    assert (await house.say(when)).reply == reply


async def test_talk_completes_no_reminder(house):
    assert (await house.say("remind me to take the pizza out")).asks is Asks.MORE
    assert not (await meant(house, "well i think we should go to the cinema")).answers
    assert (await house.say("in ten minutes")).success


LIGHTS = ("light.kitchen", "light.bedroom", "light.office")


@pytest.mark.parametrize(
    ("said", "on"),
    [
        (("turn on the kitchen light", "and the bedroom", "turn both off"), set()),
        (("turn on the kitchen light", "and the bedroom", "turn them off"), set()),
        (("turn on the kitchen light and the bedroom light", "turn both off"), set()),
        (
            ("turn on the kitchen light", "and the bedroom", "and the office", "turn them off"),
            set(),
        ),
        (
            ("turn on the kitchen light", "and the bedroom", "turn it off"),
            {"light.kitchen"},
        ),
        (("turn on the kitchen light", "turn both off"), {"light.kitchen"}),
        (("turn on the kitchen light", "no, the bedroom light", "turn it off"), set()),
        (
            ("turn on the kitchen light", "and the bedroom", "and the office", "turn both off"),
            {"light.kitchen", "light.bedroom", "light.office"},
        ),
    ],
)
async def test_them_are_what_was_said_in_turn(house, said, on):
    for text in said:
        await house.say(text)
    assert {each for each in LIGHTS if await house.state(each) == "on"} == on


async def test_them_are_what_was_chosen_and_what_was_done_before(house):
    for text in ("turn on the kitchen light and the fan", "the bathroom one", "turn them off"):
        await house.say(text)
    assert {await house.state("light.kitchen"), await house.state("fan.bathroom")} == {"off"}


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("seven thirty", "8:00"),
        ("half past seven", "8:00"),
        ("the seven thirty one", "8:00"),
        ("the one for seven thirty", "8:00"),
        ("the first one", "8:00"),
        ("the earlier one", "8:00"),
        ("the later one", "7:30"),
        ("the one at eight o'clock", "7:30"),
    ],
)
async def test_an_alarm_is_told_by_its_time(house, answer, left):
    for at in ("eight am", "seven thirty am"):
        await house.say(f"set an alarm for {at} tomorrow")
    question = await house.say("cancel my alarm")
    assert "the alarm at 7:30 or the alarm at 8:00?" in question.reply
    assert (await house.say(answer)).success
    assert (await house.say("what alarms do i have")).reply == (
        f"Your alarm is set for {left} tomorrow."
    )


async def test_a_timer_is_told_by_its_length(house):
    await house.say("set a pizza timer for five minutes")
    await house.say("set an egg timer for ten minutes")
    await house.say("cancel my timer")
    assert (await house.say("the ten minute one")).reply == "Cancelled your egg timer."


async def test_what_tells_none_is_no_answer(house):
    for minutes in ("five", "ten"):
        await house.say(f"set a timer for {minutes} minutes")
    await house.say("cancel my timer")
    assert not (await meant(house, "the later one")).answers
