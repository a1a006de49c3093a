"""Speech in, states of a real Home Assistant out: recordings through everything that Hearth is."""

from pathlib import Path

import pytest
import pytest_asyncio

from assistant.app.recognition import load_recogniser
from assistant.audio.file import FileSource
from assistant.pipeline.worker import Worker
from tests.home_assistant.home_commands import now
from tests.home_assistant.spoken_to import SpokenTo

pytestmark = pytest.mark.asyncio(loop_scope="module")
DEMO = Path(__file__).parents[2] / "demo"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hearing(core):
    """A household, and what it is spoken to with."""
    house, worker = SpokenTo(core), Worker()
    await house.household.start()
    yield house, load_recogniser(house.settings), worker
    await house.household.close()
    worker.close()


SPOKEN = [
    # recording, what is said before so that something changes, entity, attribute, what it is after
    ("01-kitchen-light", "turn off the kitchen lights", "light.kitchen_lights", None, "on"),
    ("07-thermostat", "set the heat pump to eighteen", "climate.heatpump", "temperature", 21.0),
    ("08-living-room", "turn off all the lights", "light.living_room_rgbww_lights", None, "on"),
    ("10-fan", "turn off the bedroom fan", "fan.ceiling_fan", None, "on"),
    ("12-garage", "close the garage door", "cover.garage_door", None, "open"),
]


@pytest.mark.parametrize("spoken", SPOKEN, ids=[recording for recording, *_ in SPOKEN])
async def test_a_spoken_command_changes_the_home(hearing, spoken):
    house, *ears = hearing
    recording, before, *what, after = spoken
    await house.say(before)
    assert await now(house.home, *what) != after
    happened = await house.hear(FileSource(DEMO / f"{recording}.ogg"), *ears)
    reply = happened["reply"].text
    if reply.endswith("Then say yes."):  # what lets people in is asked back if not surely heard
        assert await now(house.home, *what) != after
        reply = (await house.say("yes")).reply
    heard = happened["final_endpoint"].text
    assert await now(house.home, *what) == after, f"{heard}: {reply}"


async def test_what_hearth_has_no_device_for_is_home_assistants_to_do(hearing):
    house, *ears = hearing
    happened = await house.hear(FileSource(DEMO / "03-blinds.ogg"), *ears)
    action = happened["action"]
    assert (action.plugin, action.success) == ("home_assistant", True)
    assert happened["reply"].text == "Down they go"
