"""Commands in words in, state of the demo home out."""

from dataclasses import replace

import pytest

from assistant.home.model import Device, DeviceState
from assistant.nlu.understanding import HomeUnderstanding
from assistant.plugins.api import PluginContext
from assistant.plugins.loader import load_plugins
from assistant.plugins.shipped.home_control.services import Request, services
from tests.household import build

COMMANDS = [
    # what is said, device, attribute (None: the state), what it is afterwards
    ("turn on the kitchen light", "light.kitchen", None, "on"),
    ("switch the coffee maker on", "switch.coffee_machine", None, "on"),
    ("set the bedroom light to fifty percent", "light.bedroom", "brightness", 50),
    ("set the office light to twenty five percent", "light.office", "brightness", 25),
    ("make the kitchen light blue", "light.kitchen", "color", "blue"),
    ("set the floor lamp to warm white", "light.floor_lamp", "color_temp_kelvin", 2700),
    ("turn on the lights in the living room", "light.floor_lamp", None, "on"),
    ("turn on the lights on the ground floor", "light.garage", None, "on"),
    ("turn on the lights in every room", "light.garden", None, "on"),
    ("set the desk lamp in the office to 20 percent", "light.office_desk_lamp", "brightness", 20),
    ("turn on the desk lamp in the office", "light.office_desk_lamp", None, "on"),
    ("close the living room blinds", "cover.living_room_blinds", None, "closed"),
    ("set the office blinds to thirty percent", "cover.office_blinds", "position", 30),
    ("open the bedroom curtains halfway", "cover.bedroom_curtains", "position", 50),
    ("open the garage door", "cover.garage_door", None, "open"),
    ("lock the back door", "lock.back_door", None, "locked"),
    ("unlock the front door", "lock.front_door", None, "unlocked"),
    ("set the thermostat to twenty one degrees", "climate.living_room", "temperature", 21.0),
    ("set the bedroom to nineteen and a half degrees", "climate.bedroom", "temperature", 19.5),
    ("make the bedroom 21 degrees", "climate.bedroom", "temperature", 21.0),
    ("turn the bedroom down to 17 degrees", "climate.bedroom", "temperature", 17.0),
    ("make it warmer in the bedroom", "climate.bedroom", "temperature", 19.0),
    ("turn on the bedroom fan", "fan.bedroom", None, "on"),
    ("set the ceiling fan to medium", "fan.bedroom", "percentage", 66),
    ("turn on the tv", "media_player.tv", None, "on"),
    ("play some jazz in the bedroom", "media_player.bedroom_speaker", "media_title", "some jazz"),
    ("resume the music", "media_player.kitchen_speaker", None, "playing"),
    ("next song", "media_player.kitchen_speaker", "media_title", "next track"),
    ("turn the volume up", "media_player.kitchen_speaker", "volume_level", 0.4),
    ("turn the volume of the tv up to fifty percent", "media_player.tv", "volume_level", 0.5),
    ("turn the tv volume up", "media_player.tv", "volume_level", 0.4),
    ("mute the kitchen speaker", "media_player.kitchen_speaker", "is_volume_muted", True),
    ("lock the doors", "lock.back_door", None, "locked"),
    ("switch on the lights", "light.kitchen", None, "on"),
    ("open the garage", "cover.garage_door", None, "open"),
    ("dim the nursery desk lamp to 20 percent", "light.kids_desk_lamp", "brightness", 20),
    ("close the blinds downstairs", "cover.living_room_blinds", None, "closed"),
    ("set the volume to fifty on the tv", "media_player.tv", "volume_level", 0.5),
    ("turn the volume of the tv up by ten percent", "media_player.tv", "volume_level", 0.4),
    ("turn down the volume on the tv", "media_player.tv", "volume_level", 0.2),
    ("start the vacuum", "vacuum.robot", None, "cleaning"),
    ("clean the office", "vacuum.robot", "area", "office"),
    ("turn on movie night", "light.living_room", "brightness", 20),
    # near misses: one word wrong, or a name misspelt
    ("turn of the coffee machine", "switch.coffee_machine", None, "off"),
    ("turn on the kichen light", "light.kitchen", None, "on"),
    ("torn on the hall way light", "light.hallway", None, "on"),
    ("close the living room blind", "cover.living_room_blinds", None, "closed"),
    ("look the back door", "lock.back_door", None, "locked"),
    ("set the bed side lamp to ten percent", "light.bedside_lamp", "brightness", 10),
]


@pytest.mark.parametrize(("said", "device", "attribute", "after"), COMMANDS)
async def test_a_command_changes_the_home(house, said, device, attribute, after):
    outcome = await house.say(said)
    assert outcome.success, outcome.reply
    state = await house.home.state(device)
    assert (state.state if attribute is None else state.attributes[attribute]) == after
    assert device in {*outcome.targets, *(change.device for change in outcome.changes)}


async def test_all_is_switched_off_once_the_user_says_yes(house):
    await house.say("turn on the kitchen light")
    assert (await house.say("turn off all")).reply.startswith("Did you mean: turn off everything?")
    assert await house.state("light.kitchen") == "on"
    assert (await house.say("yes")).success
    assert await house.state("light.kitchen") == "off"


async def test_everything_in_an_area_and_nothing_else(house):
    for said in ("turn on the kitchen light", "turn on the kettle", "turn on the office light"):
        await house.say(said)
    outcome = await house.say("turn off everything in the kitchen")
    assert await house.state("light.kitchen") == "off"
    assert await house.state("switch.kettle") == "off"
    assert await house.state("light.office") == "on"
    assert await house.state("lock.back_door") == "unlocked"
    assert outcome.reply == "Turned off 5 devices in the Kitchen."


ANSWERS = [
    ("is the front door locked", "Yes, the Front door is locked."),
    ("is the back door locked", "No, the Back door is unlocked."),
    ("did i lock the back door", "No, the Back door is unlocked."),
    ("are all the doors locked", "No, the Back door is unlocked."),
    ("is the bedroom window open", "Yes, the Bedroom window is open."),
    ("are all the windows closed", "No, the Bedroom window is open."),
    ("are the bedroom windows closed", "No, the Bedroom window is open."),
    ("are the blinds closed", "No, the Living room blinds and the Office blinds are open."),
    ("which windows are open", "The Bedroom window is open."),
    ("are the bedroom curtains closed", "No, the Bedroom curtains are open."),
    ("are any lights on", "No, none is on."),
    ("is the coffee machine on", "No, the Coffee machine is off."),
    ("is the tv on", "No, the TV is off."),
    ("is the kitchen speaker on", "Yes, the Kitchen speaker is on."),
    ("is the kitchen speaker off", "No, the Kitchen speaker is paused."),
    ("is the heating on", "Yes, the Living room thermostat is on."),
    ("is the kettle on or off", "The Kettle is off."),
    ("are the blinds open", "Yes, all are open."),
    ("are the bedroom windows closed", "No, the Bedroom window is open."),
    ("what is the temperature in the kitchen", "It is 21.5 degrees in the Kitchen."),
    ("what is the humidity in the bathroom", "The Bathroom humidity is 58 percent."),
    ("what's the state of the garage door", "The Garage door is closed."),
]


@pytest.mark.parametrize(("said", "reply"), ANSWERS)
async def test_a_question_is_answered_from_the_state(house, said, reply):
    outcome = await house.say(said)
    assert (outcome.success, outcome.reply, outcome.changes) == (True, reply, ())


async def test_a_thermostat_is_not_set_beyond_its_range(house):
    outcome = await house.say("set the thermostat to ninety degrees")
    assert not outcome.success
    assert outcome.reply == "Living room thermostat can be set from 5 to 30 degrees."
    await house.say("set the thermostat to thirty degrees")
    assert not (await house.say("make it warmer in the living room")).success
    assert await house.attribute("climate.living_room", "temperature") == 30


async def test_doors_in_the_plural_are_all_of_them(house):
    assert (await house.say("lock the doors")).success
    assert await house.state("lock.back_door") == "locked"
    asked = await house.say("unlock the door")
    assert not asked.success
    assert await house.state("lock.front_door") == "locked"


async def test_what_is_already_so_is_said(house):
    outcome = await house.say("turn off the kettle")
    assert (outcome.reply, outcome.changes) == ("The Kettle is already off.", ())


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (
            "turn on the desk lamp",
            "Which one do you mean: the Desk lamp in the Office or the Desk lamp in the Kids room?",
        ),
        (
            "turn off the fan",
            (
                "Which one do you mean: "
                "the Ceiling fan in the Bedroom or the Extractor fan in the Bathroom?"
            ),
        ),
        ("turn on the light", "Which one do you mean? Say its name or the room."),
        ("turn on the dishwasher", "I know no device called dishwasher."),
        ("play some jazz in the bathroom", "There is no such device in the Bathroom."),
        ("play some jazz on the office speaker", "I know no device called office speaker."),
        ("turn on the kettle and the toaster", "I know no device called toaster."),
        ("turn on the kettle the toaster and the tv", "I know no device called toaster."),
        ("turn on the kettle and open the skylight", "I know no device called skylight."),
        (
            "lock the door",
            "Which one do you mean: the Front door in the Hallway or the Back door in the Kitchen?",
        ),
        ("close the blinds in the garden", "There is no blind in the Garden."),
        ("pause the music", "Nothing is playing."),
    ],
)
async def test_what_cannot_be_done_is_said_and_nothing_changes(house, said, reply):
    outcome = await house.say(said)
    assert (outcome.success, outcome.reply, outcome.changes) == (False, reply, ())


@pytest.mark.parametrize(
    "said",
    [
        "purple monkey dishwasher",
        "the cat sat on the mat",
        "hm",
        "turn off the light in the",
        "dim the floor lamp to",
        "turn on the kettle and sing a song",
        "add to the shopping list",
    ],
)
async def test_what_is_no_command_is_nothing(house, said):
    assert await house.say(said) is None


async def test_a_lower_hypothesis_that_makes_sense_and_sounds_so_is_taken(house):
    outcome = await house.say("burn on the kitchen light", "turn on the kitchen light")
    assert outcome.success
    assert await house.state("light.kitchen") == "on"


async def test_a_name_that_the_home_lacks_is_asked_about(house):
    outcome = await house.say("turn on the kitchen fight", "turn on the kitchen light")
    assert outcome.reply == "Did you mean: turn on the kitchen light? Then say yes."
    assert await house.state("light.kitchen") == "off"
    assert (await house.say("yes")).success
    assert await house.state("light.kitchen") == "on"


async def test_what_was_heard_best_is_done_however_many_others_agree(house):
    await house.say(
        "turn on the office light", "turn on the kitchen light", "switch on the kitchen light"
    )
    assert await house.state("light.kitchen") == "off"
    assert await house.state("light.office") == "on"


@pytest.mark.parametrize(
    "heard",
    [
        ("don't turn on the kitchen light", "turn on the kitchen light"),
        ("turn off all lights except the kitchen light", "turn off all lights"),
        ("turn off the bedroom light after the movie", "turn off the bedroom light"),
        ("unlock the front door later", "unlock the front door"),
        ("turn off the", "turn off office"),
        ("set the kitchen light to", "set the kitchen light to two"),
        ("set the bedroom light to fifty", "set the bedroom light to fifteen"),
        ("turn on the dining room light", "turn on the living room light"),
        ("turn off the bedroom tv", "turn off the bedroom"),
        ("lock the shed door", "unlock the front door"),
    ],
)
async def test_words_that_were_heard_are_not_left_out(house, heard):
    before = {device.id: await house.home.state(device.id) for device in house.home.devices()}
    await house.say(*heard, apart=0.5)
    if heard[0].endswith("fifty"):
        assert await house.attribute("light.bedroom", "brightness") == 50
        return
    after = {device.id: await house.home.state(device.id) for device in house.home.devices()}
    assert after == before


async def test_a_scene_with_a_lock_is_asked_about_when_it_was_hardly_heard(house):
    outcome = await house.say("activate good night", "activate movie night", apart=0.5)
    assert outcome.reply == "Did you ask for Good night? Then say yes."
    assert (await house.say("yes")).success


async def test_a_lock_opens_only_by_the_very_words(house):
    outcome = await house.say("unlock the front dor")
    assert outcome.reply == "Did you ask me to unlock the Front door? Then say yes."
    assert await house.state("lock.front_door") == "locked"


async def test_an_uncertain_hearing_unlocks_only_after_a_yes(house):
    outcome = await house.say("unlock the front door", "lock the front door", apart=1)
    assert not outcome.success
    assert outcome.reply == "Did you ask me to unlock the Front door? Then say yes."
    assert await house.state("lock.front_door") == "locked"
    outcome = await house.say("yes")
    assert outcome.reply == "Unlocked the Front door."
    assert await house.state("lock.front_door") == "unlocked"


async def test_a_late_yes_opens_nothing(house):
    await house.say("open the garage door", "close the garage door", apart=1)
    await house.clock.turn(31)
    outcome = await house.say("yes")
    assert outcome.reply == "There is nothing to say yes to."
    assert await house.state("cover.garage_door") == "closed"


@pytest.mark.parametrize("said", ["do it again", "i want to do it"])
async def test_what_only_holds_a_yes_is_none(house, said):
    await house.say("unlock the front door", "lock the front door", apart=1)
    await house.say(said)
    assert await house.state("lock.front_door") == "locked"
    assert (await house.say("yes")).success


async def test_a_yes_counts_once(house):
    await house.say("unlock the front door", "lock the front door", apart=1)
    await house.say("yes")
    await house.say("lock the front door")
    assert not (await house.say("yes")).success
    assert await house.state("lock.front_door") == "locked"


async def test_locking_needs_no_certainty(house):
    assert (await house.say("lock the back door", "look the black door", apart=0.5)).success


async def test_how_sure_it_must_be_is_a_setting():
    trusting = build(unlock_confidence=0.0)
    await trusting.say("unlock the front door", "lock the front door", apart=1)
    assert await trusting.state("lock.front_door") == "unlocked"


@pytest.fixture
def people(monkeypatch):
    """A house in which Jane is and Joe is not."""
    house = build()
    devices = [
        *house.home.devices(),
        Device("person.jane", "Jane", "person"),
        Device("person.joe", "Joe", "person"),
    ]
    monkeypatch.setattr(house.home, "_devices", tuple(devices))
    house.home._states |= {
        "person.jane": DeviceState("home"),
        "person.joe": DeviceState("not_home"),
    }
    return replace(
        house,
        understanding=HomeUnderstanding(
            house.home, intents=house.registry.intents(), sentences=house.registry.sentences
        ),
    )


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("is jane home", "Yes, Jane is home."),
        ("is joe at home", "No, Joe is away."),
        ("is joe away", "Yes, Joe is away."),
        ("is anyone home", "Yes, Jane is home."),
        ("is everyone home", "No, Joe is away."),
        ("who is home", "Jane is home."),
        ("how many people are home", "1 is home: Jane."),
    ],
)
async def test_who_is_home(people, said, reply):
    assert (await people.say(said)).reply == reply


@pytest.fixture
def household_with(monkeypatch):
    """A demo home that has more devices, whose calls are taken and change nothing."""

    def make(*devices):
        house = build()
        calls = []
        there = [*house.home.devices(), *devices]
        monkeypatch.setattr(house.home, "devices", lambda: there)

        async def call(call):
            calls.append(call)
            return ()

        monkeypatch.setattr(house.home, "call", call)
        house.understanding = HomeUnderstanding(
            house.home, intents=house.registry.intents(), sentences=house.registry.sentences
        )
        return house, calls

    return make


MOMENTARY = [
    (
        "run clean the flat",
        Device("script.flat", "Clean the flat", "script"),
        "Started Clean the flat.",
    ),
    (
        "turn on bedtime story",
        Device("scene.story", "Bedtime story", "scene"),
        "Set the scene Bedtime story.",
    ),
]


@pytest.mark.parametrize(("said", "device", "reply"), MOMENTARY)
async def test_what_has_no_state_of_its_own_is_never_already_on(
    household_with, said, device, reply
):
    house, calls = household_with(device)
    outcome = await house.say(said)
    assert [call.targets for call in calls] == [(device.id,)]
    assert (outcome.success, outcome.reply) == (True, reply)


ROBOTS = (
    Device("lawn_mower.robbie", "Robbie", "lawn_mower"),
    Device("vacuum.rosie", "Rosie", "vacuum"),
)
SENT = [
    ("mow the lawn", "lawn_mower", "start_mowing"),
    ("start mowing", "lawn_mower", "start_mowing"),
    ("turn on the mower", "lawn_mower", "start_mowing"),
    ("start robbie", "lawn_mower", "start_mowing"),
    ("stop mowing", "lawn_mower", "dock"),
    ("stop mowing the grass", "lawn_mower", "dock"),
    ("dock the mower", "lawn_mower", "dock"),
    ("send the lawn mower home", "lawn_mower", "dock"),
    ("turn off robbie", "lawn_mower", "dock"),
    ("start the vacuum cleaner", "vacuum", "start"),
    ("turn the vacuum on", "vacuum", "start"),
    ("stop the vacuum", "vacuum", "return_to_base"),
    ("send the vacuum back to its base", "vacuum", "return_to_base"),
]


@pytest.fixture(scope="module")
def robots():
    """What a home with one mower and one vacuum, both with names of their own, understands."""
    home = build().home
    home._devices = (*(each for each in home.devices() if each.domain != "vacuum"), *ROBOTS)
    registry = load_plugins(PluginContext(home))
    return HomeUnderstanding(home, intents=registry.intents(), sentences=registry.sentences)


@pytest.mark.parametrize(("said", "domain", "service"), SENT, ids=[said for said, *_ in SENT])
async def test_the_only_robot_of_its_kind_needs_no_name(robots, said, domain, service):
    meant = robots.interpret_text(said)
    (robot,) = [each for each in ROBOTS if each.domain == domain]
    assert meant.targets == (robot.id,)
    (call,) = await services(str(meant.intent), Request(None, meant.slots, meant.targets))
    assert (call.domain, call.service, call.targets) == (domain, service, (robot.id,))


async def test_of_two_mowers_one_is_asked_for(household_with):
    front, back = (Device(f"lawn_mower.{n}", f"{n} mower", "lawn_mower") for n in ("front", "back"))
    house, calls = household_with(front, back)
    outcome = await house.say("start the mower")
    assert outcome.reply == "Which one do you mean: the front mower or the back mower?"
    assert not calls
    await house.say("mow the lawn")
    assert [call.targets for call in calls] == [("lawn_mower.front", "lawn_mower.back")]


async def test_of_a_device_that_is_there_it_is_not_said_that_it_is_unknown(household_with):
    house, _ = household_with(Device("humidifier.h", "Humidifier", "humidifier"))
    outcome = await house.say("turn on the humidifier")
    assert (outcome.success, outcome.reply) == (False, "I cannot do that with the Humidifier.")


async def test_a_script_is_stopped(household_with):
    house, calls = household_with(Device("script.tidy", "Tidy up", "script"))
    outcome = await house.say("stop tidy up")
    assert [(call.domain, call.service) for call in calls] == [("script", "turn_off")]
    assert outcome.reply == "Stopped Tidy up."


async def test_a_yes_is_untimely_unless_something_was_asked(house):
    assert await house.untimely("yes")
    await house.say("unlock the front dor")
    assert not await house.untimely("yes")


async def test_what_plays_nowhere_is_not_skipped(house):
    assert await house.untimely("go back")
    assert not await house.untimely("resume the music")
    await house.say("resume the music")
    assert not await house.untimely("go back")


async def test_most_commands_need_no_occasion(house):
    assert not await house.untimely("turn on the kitchen light")
    assert not await house.untimely("what time is it")
