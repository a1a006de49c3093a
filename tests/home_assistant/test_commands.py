"""Words in, states of a real Home Assistant out: one home, spoken to in this order."""

import pytest
import pytest_asyncio
from home_commands import COMMANDS, MISSPELT, now
from spoken_to import SpokenTo

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


async def test_what_home_assistant_does_not_understand_either_is_no_success(house):
    outcome = await house.say("brew the bedroom light some coffee")
    assert (outcome.success, outcome.reply[:6]) == (False, "Sorry,")


async def test_a_thermostat_is_not_set_to_what_it_cannot(house):
    outcome = await house.say("set the heat pump to ninety degrees")
    assert (outcome.success, outcome.reply) == (False, "HeatPump can be set from 7 to 35 degrees.")


async def test_a_lock_that_jams_is_named(house):
    outcome = await house.say("lock the poorly installed door")
    assert (outcome.success, outcome.reply) == (False, "Poorly Installed Door is jammed.")
