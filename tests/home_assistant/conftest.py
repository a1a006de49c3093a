import asyncio
import os

import pytest

from tests.home_assistant.core import HASS, Core
from tests.home_assistant.spoken_to import SpokenTo

if not os.environ.get("HEARTH_TEST_HOME_ASSISTANT"):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def core(tmp_path_factory):
    assert HASS.exists(), "run `make test-home-assistant`, which installs Home Assistant"
    core = Core(tmp_path_factory.mktemp("home-assistant"))
    try:
        core.start()
        core.onboard()
        asyncio.run(core.furnish())
        yield core
    finally:
        core.stop()


@pytest.fixture
async def house(core):
    """A household on the real Home Assistant, spoken to in text."""
    house = SpokenTo(core)
    await house.household.start()
    yield house
    await house.household.close()
