"""Words in, states of a real Home Assistant out: one home, spoken to in this order."""

import pytest
import pytest_asyncio

from tests.home_assistant.home_commands import COMMANDS, MISSPELT, now
from tests.home_assistant.spoken_to import SpokenTo

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(core):
    """One household for all of this."""
    house = SpokenTo(core)
    await house.household.start()
    yield house
    await house.household.close()


ALL = [*COMMANDS, *MISSPELT]


@pytest.mark.parametrize(
    ("said", "entity", "attribute", "after"), ALL, ids=[said for said, *_ in ALL]
)
async def test_a_command_changes_the_home(house, said, entity, attribute, after):
    outcome = await house.say(said)
    assert (outcome.success, await now(house.home, entity, attribute)) == (True, after), (
        outcome.reply
    )


async def test_a_misspelt_lock_is_unlocked_after_a_yes(house):
    asked = await house.say("unlock the kitchen dor")
    assert asked.reply == "Did you ask me to unlock the Kitchen Door? Then say yes."
    assert await now(house.home, "lock.kitchen_door", None) == "locked"
    assert (await house.say("yes")).success
    assert await now(house.home, "lock.kitchen_door", None) == "unlocked"


ANSWERS = [
    ("is the front door locked", "Yes, the Front Door is locked."),
    ("is the poorly installed door locked", "No, the Poorly Installed Door is unlocked."),
    ("is the garage door closed", "No, the Garage Door is open."),
    ("what's the outside temperature", "The Outside Temperature is 15.6 degrees."),
    ("what's on my shopping list", "On your shopping list: milk."),
    ("take milk off my shopping list", "Checked milk off your shopping list."),
    ("what's on my shopping list", "Your shopping list is empty."),
    ("add milk to my shopping list", "Added milk to your shopping list."),
    ("take milk off my shopping list", "Checked milk off your shopping list."),
    ("what's on my shopping list", "Your shopping list is empty."),
]


async def test_questions_are_answered(house):
    answers = [(said, (await house.say(said)).reply) for said, _ in ANSWERS]
    assert answers == ANSWERS


async def test_the_weather_comes_with_a_forecast(house):
    now = await house.say("what's the weather")
    assert now.reply == "It is rainy and -24.4 degrees."
    tomorrow = await house.say("what's the weather tomorrow")
    assert tomorrow.reply.startswith("Tomorrow it will be ")


async def test_what_hearth_does_not_understand_goes_to_home_assistant(house):
    outcome = await house.say("abracadabra")
    assert outcome.reply == "It is done"


HANDED_ON = [
    # what is said, what Home Assistant says, entity, what it is afterwards
    ("start the disco", "Disco it is", "automation.disco", "on"),
    ("turn on party mode", "Disco it is", "automation.disco", "on"),
    ("turn off disco", "Turned off the automation", "automation.disco", "off"),
    ("turn on disco", "Turned on the automation", "automation.disco", "on"),
    ("turn off the humidifier", "Turned off the humidifier", "humidifier.humidifier", "off"),
    ("turn on the humidifier", "Turned on the humidifier", "humidifier.humidifier", "on"),
    ("turn off the dehumidifier", "Turned off the humidifier", "humidifier.dehumidifier", "off"),
]


@pytest.mark.parametrize("handed", HANDED_ON, ids=[said for said, *_ in HANDED_ON])
async def test_what_hearth_knows_no_device_for_goes_to_home_assistant(house, handed):
    said, reply, entity, after = handed
    meant = house.household.understanding.interpret_text(said)
    assert "unknown_name" in meant.slots
    carried = await house.household.dispatcher.carry_out(meant, said)
    assert (carried.plugin, carried.outcome.success) == ("home_assistant", True)
    assert carried.outcome.reply == reply
    await house.home._states.wait_until(lambda: house.home._states.get(entity).state == after, 3)
    assert await now(house.home, entity, None) == after


REFUSED = [
    ("turn on the lava lamp machine", "I know no device called lava lamp machine."),
    ("turn on the fan in the garage", "There is no fan in the Garage."),
    ("mow the lawn", "This home has no such device."),
    ("set the humidifier to forty percent", "I cannot do that with the Humidifier."),
]


@pytest.mark.parametrize(("said", "reply"), REFUSED)
async def test_what_home_assistant_refuses_is_answered_by_hearth(house, said, reply):
    outcome = await house.say(said)
    assert (outcome.success, outcome.reply) == (False, reply)


async def test_a_script_that_is_over_at_once_was_started(house):
    await house.say("turn off tidy")
    assert (await house.say("run clean the flat")).reply == "Started Clean the flat."
    states = house.home._states
    await states.wait_until(lambda: states.get("input_boolean.tidy").state == "on", 3)
    assert await now(house.home, "input_boolean.tidy", None) == "on"
    assert (await house.say("run clean the flat")).reply == "Started Clean the flat."


async def test_a_script_that_takes_its_time_can_be_stopped(house):
    assert (await house.say("run slow thing")).reply == "Started Slow thing."
    assert await now(house.home, "script.slow", None) == "on"
    assert (await house.say("stop slow thing")).reply == "Stopped Slow thing."
    assert await now(house.home, "script.slow", None) == "off"


async def test_what_home_assistant_does_not_understand_either_is_no_success(house):
    outcome = await house.say("brew the bedroom light some coffee")
    assert (outcome.success, outcome.reply[:6]) == (False, "Sorry,")


async def test_a_thermostat_is_not_set_to_what_it_cannot(house):
    outcome = await house.say("set the heat pump to ninety degrees")
    assert (outcome.success, outcome.reply) == (False, "HeatPump can be set from 7 to 35 degrees.")


async def test_a_lock_that_jams_is_named(house):
    outcome = await house.say("lock the poorly installed door")
    assert (outcome.success, outcome.reply) == (False, "Poorly Installed Door is jammed.")
