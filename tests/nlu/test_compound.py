"""Several commands in one sentence: all of them understood, or none."""

import pytest

from assistant.endpointing.completeness import Completeness
from assistant.nlu.clauses import joined, segments_of
from tests.household import build


@pytest.fixture(scope="module")
def understanding():
    return build().understanding


def meaning(interpretation):
    return [(each.intent, dict(each.slots), each.targets) for each in interpretation.commands]


@pytest.mark.parametrize(
    ("said", "alone"),
    [
        (
            "turn on the kitchen light and turn off the tv",
            ["turn on the kitchen light", "turn off the tv"],
        ),
        (
            "lock the front door then turn off all the lights",
            ["lock the front door", "turn off all the lights"],
        ),
        (
            "turn on the kitchen light and the bedroom light",
            ["turn on the kitchen light", "turn on the bedroom light"],
        ),
        (
            "turn on the kettle, the coffee machine and the kitchen light",
            ["turn on the kettle", "turn on the coffee machine", "turn on the kitchen light"],
        ),
        (
            "turn on the kettle the coffee machine and the kitchen light",
            ["turn on the kettle", "turn on the coffee machine", "turn on the kitchen light"],
        ),
        (
            "set the kitchen light the hallway light and the office light to 20 percent",
            [
                "set the kitchen light to 20 percent",
                "set the hallway light to 20 percent",
                "set the office light to 20 percent",
            ],
        ),
        (
            "remove tea from the shopping list and set the timer for one minute",
            ["remove tea from the shopping list", "set the timer for one minute"],
        ),
        (
            "right now lock the back door and turn off the tv",
            ["lock the back door", "turn off the tv"],
        ),
        (
            "at once turn off the tv and lock the back door",
            ["turn off the tv", "lock the back door"],
        ),
        ("lock the back door right away", ["lock the back door"]),
        ("lock both doors", ["lock all the doors"]),
        ("set both lights in the kitchen to 20 percent", ["set the kitchen lights to 20 percent"]),
        (
            "turn on both fans and both desk lamps",
            ["turn on both fans", "turn on both desk lamps"],
        ),
        ("turn on both fans and the tv", ["turn on both fans", "turn on the tv"]),
        (
            "turn on both fans and the kitchen light",
            ["turn on both fans", "turn on the kitchen light"],
        ),
        (
            "turn on all the lights in the office and the kitchen light",
            ["turn on all the lights in the office", "turn on the kitchen light"],
        ),
        (
            "turn on every light upstairs and the kitchen light",
            ["turn on every light upstairs", "turn on the kitchen light"],
        ),
        (
            "turn on the kitchen light and the fan",
            ["turn on the kitchen light", "turn on the fan"],
        ),
        (
            "turn on the desk lamp and the kitchen light",
            ["turn on the desk lamp", "turn on the kitchen light"],
        ),
        (
            "lock the back door and the front one",
            ["lock the back door", "lock the front door"],
        ),
        (
            "close the living room blinds and the office ones",
            ["close the living room blinds", "close the office blinds"],
        ),
        (
            "turn off the bedroom light and the one in the kitchen",
            ["turn off the bedroom light", "turn off the light in the kitchen"],
        ),
        (
            "set the floor lamp to ten percent and the bedside one to twenty",
            ["set the floor lamp to ten percent", "set the bedside lamp to twenty"],
        ),
        ("close both blinds and turn off the tv", ["close all the blinds", "turn off the tv"]),
        (
            "open the blinds halfway and turn off the tv",
            ["open the blinds halfway", "turn off the tv"],
        ),
        (
            "dim the office light and the floor lamp to ten percent",
            ["dim the office light to ten percent", "dim the floor lamp to ten percent"],
        ),
        (
            "turn off the light in the kitchen the printer and the tv",
            ["turn off the light in the kitchen", "turn off the printer", "turn off the tv"],
        ),
        (
            "turn off the lights in the kitchen and the living room",
            ["turn off the lights in the kitchen", "turn off the lights in the living room"],
        ),
        (
            "turn off the kitchen and bedroom lights",
            ["turn off the kitchen lights", "turn off the bedroom lights"],
        ),
        (
            "turn the kitchen light on and the bedroom light off",
            ["turn on the kitchen light", "turn off the bedroom light"],
        ),
        (
            "turn the kitchen light off and the tv as well",
            ["turn off the kitchen light", "turn off the tv"],
        ),
        (
            "set the kitchen light and the hallway light to fifty percent",
            ["set the kitchen light to 50 percent", "set the hallway light to 50 percent"],
        ),
        (
            "set the kitchen light to 50 percent and the hallway light to 30 percent",
            ["set the kitchen light to 50 percent", "set the hallway light to 30 percent"],
        ),
        (
            "raise the office blinds and the bedroom curtains by ten percent",
            ["raise the office blinds by 10 percent", "raise the bedroom curtains by 10 percent"],
        ),
        (
            "turn off the tv and the lights in the bedroom",
            ["turn off the tv", "turn off the lights in the bedroom"],
        ),
        (
            "turn on the kitchen light and set it to half",
            ["turn on the kitchen light", "set the kitchen light to 50 percent"],
        ),
        (
            "play some jazz and turn off the kitchen light",
            ["play some jazz", "turn off the kitchen light"],
        ),
        (
            "turn off the lights in the kitchen. Lock the back door.",
            ["turn off the lights in the kitchen", "lock the back door"],
        ),
        (
            "turn on both the kitchen light & the hallway light",
            ["turn on the kitchen light", "turn on the hallway light"],
        ),
        (
            "turn on the light in the kitchen and the one in the bedroom",
            ["turn on the lights in the kitchen", "turn on the lights in the bedroom"],
        ),
        (
            "turn on the office light and the kitchen one",
            ["turn on the office light", "turn on the kitchen light"],
        ),
        (
            "set the office light and the kitchen one to 50 percent",
            ["set the office light to 50 percent", "set the kitchen light to 50 percent"],
        ),
        (
            "set the kitchen light to one hundred and the bedroom light to ten percent",
            ["set the kitchen light to 100 percent", "set the bedroom light to 10 percent"],
        ),
        ("turn on the tv and set its volume to 20", ["turn on the tv", "set the tv volume to 20"]),
        (
            "add eggs to the shopping list and milk to the chore list",
            ["add eggs to the shopping list", "add milk to the chore list"],
        ),
        (
            "add milk to my chore list and my shopping list",
            ["add milk to my chore list", "add milk to my shopping list"],
        ),
        (
            "add milk to my shopping list and my chores",
            ["add milk to my shopping list", "add milk to my chores"],
        ),
        (
            "add milk and eggs to my shopping list and my chores",
            ["add milk and eggs to my shopping list", "add milk and eggs to my chores"],
        ),
        ("add chores to my shopping list", ["add chores to my shopping list"]),
        (
            "take milk off the shopping list and the chores list",
            ["take milk off the shopping list", "take milk off the chores list"],
        ),
        (
            "set a timer for ten minutes and another one for fifteen minutes",
            ["set a 10 minutes timer", "set a 15 minutes timer"],
        ),
        (
            "set an egg timer for five minutes and one for ten minutes",
            ["set an egg timer for five minutes", "set an egg timer for ten minutes"],
        ),
        (
            "set an egg timer for five minutes and a timer for ten minutes",
            ["set an egg timer for five minutes", "set a timer for ten minutes"],
        ),
        (
            "set an egg timer for an hour and ten minutes",
            ["set an egg timer for 1 hour 10 minutes"],
        ),
        (
            "set timers for five and ten minutes",
            ["set a timer for five minutes", "set a timer for ten minutes"],
        ),
        (
            "set two timers, one for five minutes and one for ten minutes",
            ["set a timer for five minutes", "set a timer for ten minutes"],
        ),
        (
            "set alarms for seven thirty and eight",
            ["set an alarm for seven thirty", "set an alarm for eight"],
        ),
        (
            "set two alarms for seven and at eight",
            ["set an alarm for seven", "set an alarm for eight"],
        ),
        (
            "cancel my alarms for seven and eight",
            ["cancel my alarm for seven", "cancel my alarm for eight"],
        ),
        (
            "set a timer for an hour and one for ten minutes",
            ["set a timer for an hour", "set a timer for ten minutes"],
        ),
        (
            "set a timer for half an hour and one for an hour",
            ["set a timer for half an hour", "set a timer for an hour"],
        ),
        (
            "set an alarm for six thirty and one for seven",
            ["set an alarm for six thirty", "set an alarm for seven"],
        ),
        ("wake me at half past six and at seven", ["wake me at half past six", "wake me at seven"]),
        (
            "set an alarm for six and one for half past seven",
            ["set an alarm for six", "set an alarm for half past seven"],
        ),
        (
            "set the bedroom light to twenty and the office light to eight",
            ["set the bedroom light to twenty", "set the office light to eight"],
        ),
        (
            "set the heating to twenty and the bedroom light to three",
            ["set the heating to twenty", "set the bedroom light to three"],
        ),
        (
            "set an alarm for seven and a timer for ten minutes",
            ["set an alarm for seven", "set a timer for ten minutes"],
        ),
        (
            "set an alarm for half past six and a timer for ten minutes",
            ["set an alarm for half past six", "set a timer for ten minutes"],
        ),
        (
            "set an alarm for seven and one for eight tomorrow",
            ["set an alarm for seven tomorrow", "set an alarm for eight tomorrow"],
        ),
        (
            "set a timer for ten and fifteen minutes",
            ["set a timer for ten minutes", "set a timer for fifteen minutes"],
        ),
        (
            "set a pizza timer for ten minutes and an egg timer for five minutes",
            ["set a pizza timer for ten minutes", "set an egg timer for five minutes"],
        ),
        (
            "cancel my pizza timer and my pasta timer",
            ["cancel my pizza timer", "cancel my pasta timer"],
        ),
        (
            "set an alarm for seven and a work alarm for eight",
            ["set an alarm for seven", "set a work alarm for eight"],
        ),
        (
            "set a ten minute timer named pizza and pasta",
            ["set a ten minute timer named pizza and pasta"],
        ),
        (
            "set a timer for one and a half hours and one for two hours",
            ["set a timer for one and a half hours", "set a timer for two hours"],
        ),
        (
            "turn off the kitchen light and the tv in ten minutes",
            ["turn off the kitchen light in ten minutes", "turn off the tv in ten minutes"],
        ),
        (
            "turn on the kitchen light and the hallway light for ten minutes",
            [
                "turn on the kitchen light for ten minutes",
                "turn on the hallway light for ten minutes",
            ],
        ),
        (
            "turn off the kitchen light in ten minutes and the tv",
            ["turn off the kitchen light in ten minutes", "turn off the tv in ten minutes"],
        ),
        ("clean the kitchen and the office", ["clean the kitchen", "clean the office"]),
        ("close the office blinds no open them", ["open the office blinds"]),
        ("play jazz no play rock", ["play rock"]),
        ("play no woman no cry", ["play no woman no cry"]),
        ("turn on the kitchen light no the bedroom light", ["turn on the bedroom light"]),
        ("turn on the kitchen, no, the bedroom light", ["turn on the bedroom light"]),
        ("set the thermostat to 20 no 21 degrees", ["set the thermostat to 21 degrees"]),
        ("turn on the kettle I mean the coffee machine", ["turn on the coffee machine"]),
        ("turn on the tv no wait turn off the tv", ["turn off the tv"]),
        ("could you, um, no, turn on the tv", ["turn on the tv"]),
        ("um, no, turn off the tv", ["turn off the tv"]),
        ("set a timer for one hour and thirty minutes", ["set a 1 hour 30 minutes timer"]),
        ("add milk and eggs to the shopping list", ["add milk and eggs to the shopping list"]),
    ],
)
def test_each_command_means_what_it_means_alone(understanding, said, alone):
    found = understanding.interpret_text(said)
    expected = [understanding.interpret_text(each) for each in alone]
    assert all(each.intent for each in expected)
    assert meaning(found) == [part for each in expected for part in meaning(each)]
    assert found.confidence >= min(0.9, *(each.confidence for each in expected))


@pytest.mark.parametrize(
    ("said", "spared"),
    [
        ("turn off all lights except the kitchen light", {"light.kitchen"}),
        ("turn off all the lights but the kitchen light", {"light.kitchen"}),
        ("all lights off except in the kitchen", {"light.kitchen", "light.counter"}),
        ("turn all lights except the kitchen light off", {"light.kitchen"}),
        (
            "turn off all the lights apart from the kitchen and the floor lamp",
            {"light.kitchen", "light.counter", "light.floor_lamp"},
        ),
        ("turn off all lights except the ones in the garden", {"light.garden"}),
        ("turn off all the lights but leave the garage light on", {"light.garage"}),
        (
            "turn off all lights except the bedroom lamp and the kitchen light",
            {"light.bedside_lamp", "light.kitchen"},
        ),
    ],
)
def test_what_is_excepted_is_spared(understanding, said, spared):
    every = understanding.interpret_text("turn off all lights")
    found = understanding.interpret_text(said)
    assert (found.intent, found.then) == ("HassTurnOff", ())
    assert set(every.targets) - set(found.targets) == spared
    assert set(found.targets) < set(every.targets)
    assert found.text == said


@pytest.mark.parametrize(
    "said",
    [
        "turn on the kettle the dishwasher and the tv",
        "turn on both lights in the kids room",
        "turn on both kettles",
        "turn on the tv and the bedroom one",
        "turn on the kitchen light and the dishwasher",
        "turn on the kitchen light and purple monkey",
        "turn on the kitchen light and don't turn on the tv",
        "close the blinds and the oven",
        "turn off everything except the fridge",
        "turn off the kitchen light except the kitchen light",
        "dim it",
        "turn it off",
        "turn off the kitchen and bedroom fans",
        "close the blinds and the curtains in the bedroom",
        "there was no play for him now",
        "she was sorry, turn off the tv",
        "add milk to my chore list and my dishwasher list",
        "add milk to my chore list in my shopping list",
        "i need batteries and to lock the back door",
        "i need eggs and flour and to turn on the kettle",
        "i need eggs and you to wait",
        "set a tea and toast timer for ten minutes and an egg timer for five minutes",
        "set three alarms for seven and eight",
        "in five minutes set a timer for ten minutes and lock the back door",
        "add milk and eggs to my chores and bread to my shopping list",
        "set the kitchen light to one hundred and ten percent",
        "set the volume to a hundred and fifty percent",
    ],
)
def test_what_is_not_understood_whole_is_not_done_in_part(understanding, said):
    found = understanding.interpret_text(said)
    assert found.intent in {None, "HearthStop"} or "unknown_name" in found.slots
    assert (found.targets, found.then) == ((), ())


@pytest.mark.parametrize(
    ("said", "first", "second"),
    [
        (
            "at nine turn on the kitchen light and turn off the tv",
            "turn on the kitchen light at nine",
            "turn off the tv at nine",
        ),
        (
            "in ten minutes turn off the tv then lock the front door",
            "turn off the tv in ten minutes",
            "lock the front door in ten minutes",
        ),
        (
            "turn on the kitchen light at nine and the bedroom light at ten",
            "turn on the kitchen light at nine",
            "turn on the bedroom light at ten",
        ),
        (
            "turn on the kitchen light at nine pm and turn off the tv",
            "turn on the kitchen light at nine pm",
            "turn off the tv",
        ),
        (
            "at nine turn on the kitchen light. turn off the tv",
            "turn on the kitchen light at nine",
            "turn off the tv",
        ),
        (
            "turn on the kitchen light and at nine turn off the tv",
            "turn on the kitchen light",
            "turn off the tv at nine",
        ),
        (
            "turn on the kitchen light and then turn off the tv at nine",
            "turn on the kitchen light",
            "turn off the tv at nine",
        ),
        (
            "set a timer for ten minutes and turn off the tv at nine",
            "set a timer for ten minutes",
            "turn off the tv at nine",
        ),
        (
            "turn on the bedroom light now and turn off the kitchen light in ten minutes",
            "turn on the bedroom light",
            "turn off the kitchen light in ten minutes",
        ),
        (
            "lock the front door right now and the back door in ten minutes",
            "lock the front door",
            "lock the back door in ten minutes",
        ),
        (
            "set the heating to 22 now and to 18 at ten",
            "set the heating to 22",
            "set the heating to 18 at ten",
        ),
        (
            "turn on the bedroom light in ten minutes and the kitchen light now",
            "turn on the bedroom light in ten minutes",
            "turn on the kitchen light",
        ),
        (
            "in ten minutes turn on the bedroom light and turn off the tv now",
            "turn on the bedroom light in ten minutes",
            "turn off the tv",
        ),
        (
            "in ten minutes turn off the kitchen light and now lock the back door",
            "turn off the kitchen light in ten minutes",
            "lock the back door",
        ),
        (
            "right now lock the back door and turn off the kitchen light in ten minutes",
            "lock the back door",
            "turn off the kitchen light in ten minutes",
        ),
        (
            "turn off the tv immediately and the kitchen light in ten minutes",
            "turn off the tv",
            "turn off the kitchen light in ten minutes",
        ),
        (
            "in ten minutes turn off both fans and lock the back door",
            "turn off all fans in ten minutes",
            "lock the back door in ten minutes",
        ),
        (
            "in ten minutes turn off the tv and the kitchen light",
            "turn off the tv in ten minutes",
            "turn off the kitchen light in ten minutes",
        ),
        (
            "now lock the back door and turn off the kitchen light in ten minutes",
            "lock the back door",
            "turn off the kitchen light in ten minutes",
        ),
        (
            "turn the kettle on and off again in five minutes",
            "turn on the kettle",
            "turn the kettle off again in five minutes",
        ),
        (
            "set the bedroom light to 30 percent and to 80 percent in ten minutes",
            "set the bedroom light to 30 percent",
            "set the bedroom light to 80 percent in ten minutes",
        ),
        (
            "turn on the bedroom light and turn off the bedroom light in ten minutes",
            "turn on the bedroom light",
            "turn off the bedroom light in ten minutes",
        ),
        (
            "turn the bedroom speaker on now and off in ten minutes",
            "turn on the bedroom speaker",
            "turn the bedroom speaker off in ten minutes",
        ),
        (
            "turn on the office light at nine and the kitchen one at ten",
            "turn on the office light at nine",
            "turn on the kitchen light at ten",
        ),
        (
            "turn on the kettle at half past six and the coffee machine at seven",
            "turn on the kettle at half past six",
            "turn on the coffee machine at seven",
        ),
        (
            "turn on the kettle at twenty to seven and the coffee machine at seven",
            "turn on the kettle at twenty to seven",
            "turn on the coffee machine at seven",
        ),
        (
            "turn off the tv at twenty past ten and the lights at eleven",
            "turn off the tv at twenty past ten",
            "turn off the lights at eleven",
        ),
        (
            "turn the kitchen light on at seven and off at nine",
            "turn the kitchen light on at seven",
            "turn the kitchen light off at nine",
        ),
    ],
)
def test_which_time_is_whose(understanding, said, first, second):
    found = understanding.interpret_text(said)
    assert found.question == ""
    alone = [meaning(understanding.interpret_text(each))[0] for each in (first, second)]
    assert meaning(found) == alone


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("at nine", "turn off the tv and lock the front door at nine"),
        ("in ten minutes", "turn off the tv, lock the front door in ten minutes"),
    ],
)
def test_whether_a_time_behind_two_commands_is_that_of_both_is_asked(understanding, time, said):
    found = understanding.interpret_text(said)
    both = [f"turn off the tv {time}", f"lock the front door {time}"]
    assert found.question == f"Did you mean: {', and '.join(both)}?"
    assert meaning(found) == [meaning(understanding.interpret_text(each))[0] for each in both]


def test_a_question_does_not_tell_whose_a_time_is(understanding):
    found = understanding.interpret_text(
        "unlock the front door and is the front door locked at ten"
    )
    assert found.question.startswith("Did you mean: unlock the front door at ten, and")


def test_which_of_three_commands_wait_is_asked_where_only_one_is_for_now(understanding):
    found = understanding.interpret_text(
        "turn on the tv now and lock the front door and turn off the kettle in ten minutes"
    )
    each = ["turn on the tv", "lock the front door", "turn off the kettle in ten minutes"]
    assert found.question == f"Did you mean: {', and '.join(each)}?"


@pytest.mark.parametrize(
    "said", ["play jazz and stop in half an hour", "play jazz now and stop in half an hour"]
)
def test_what_is_played_does_not_swallow_what_comes_later(understanding, said):
    found = understanding.interpret_text(said)
    alone = [understanding.interpret_text(each) for each in ("play jazz", "stop in half an hour")]
    assert (found.question, meaning(found)) == ("", [meaning(each)[0] for each in alone])


def test_an_amount_is_no_command_of_its_own(understanding):
    found = understanding.interpret_text("increase the living room volume then twenty percent")
    assert (found.intent, found.slots["volume_step"]) == ("HassSetVolumeRelative", 20)
    assert found.then == ()


def test_parts_and_what_joins_them():
    parts = segments_of("turn on the lamp, the fan and then open 2,5 doors. No")
    assert [part.words for part in parts] == [
        ("turn", "on", "the", "lamp"),
        ("the", "fan"),
        ("open", "2,5", "doors"),
        ("no",),
    ]
    assert joined(parts)[5:8] == ("fan", "and", "then")
    assert len(segments_of("dim the lamp to a hundred and ten and the fan to twenty")) == 2
    assert segments_of("turn on the lamp and")[-1].words == ()


@pytest.mark.parametrize(
    "said",
    [
        "turn on the kitchen light and the bedroom light",
        "turn on the kitchen light and turn off the tv",
        "turn off all lights except the kitchen light",
        "turn on the kitchen light no the bedroom light",
    ],
)
def test_a_sentence_of_several_commands_can_be_over(understanding, said):
    assert understanding.completeness(said) is Completeness.COMPLETE


@pytest.mark.parametrize(
    "said",
    [
        "turn on the kitchen light and",
        "turn on the kitchen light and turn off",
        "turn on the kitchen light and the living",
        "turn off all lights except",
        "turn off all lights except the living",
    ],
)
def test_a_sentence_of_several_commands_can_go_on(understanding, said):
    assert understanding.completeness(said) is Completeness.INCOMPLETE


@pytest.mark.parametrize("said", ["turn on both desk lamps", "turn both the desk lamps on"])
async def test_both_of_one_name(said):
    house = build()
    assert (await house.say(said)).success
    lamps = [await house.state(f"light.{room}_desk_lamp") for room in ("office", "kids")]
    assert lamps == ["on", "on"]


async def test_it_is_asked_which_of_several_is_meant_in_a_list():
    house = build()
    outcome = await house.say("turn on the kitchen light and the fan")
    assert outcome.reply.startswith("Turned on the Kitchen light. Which one do you mean:")
    assert [await house.state(f"fan.{room}") for room in ("bedroom", "bathroom")] == ["off", "off"]
    await house.say("the bathroom one")
    assert [await house.state(f"fan.{room}") for room in ("bedroom", "bathroom")] == ["off", "on"]


async def test_all_commands_are_carried_out_and_answered_as_one():
    house = build()
    outcome = await house.say("turn on the kitchen light and set the ceiling fan to half")
    assert outcome.reply == "Turned on the Kitchen light. Set the Ceiling fan to 50 percent."
    assert outcome.targets == ("light.kitchen", "fan.bedroom")
    assert await house.attribute("fan.bedroom", "percentage") == 50


async def test_it_is_what_the_last_command_named_for_a_minute():
    house = build()
    await house.say("turn on the kitchen light and the bedroom light")
    await house.say("turn it off")
    assert await house.state("light.kitchen") == "on"
    assert await house.state("light.bedroom") == "off"
    await house.say("turn on the lights in the living room")
    await house.say("set them to thirty percent")
    assert await house.attribute("light.floor_lamp", "brightness") == 30
    await house.clock.turn(61)
    assert await house.say("turn them off") is None
    assert await house.state("light.floor_lamp") == "on"


async def test_what_failed_names_nothing():
    house = build()
    await house.say("turn on the kitchen light")
    await house.say("turn on the desk lamp")
    await house.say("turn it off")
    assert await house.state("light.kitchen") == "off"


async def test_all_commands_wait_where_one_of_them_has_to_be_asked():
    house = build()
    outcome = await house.say(
        "turn on the hallway light and unlock the front door",
        "turn on the hallway light and lock the front door",
        apart=0.5,
    )
    assert not outcome.success
    assert "Did you ask me to unlock the Front door?" in outcome.reply
    assert await house.state("light.hallway") == "off"
    assert await house.state("lock.front_door") == "locked"
    await house.say("yes")
    assert await house.state("light.hallway") == "on"
    assert await house.state("lock.front_door") == "unlocked"
