"""A real Home Assistant that is renamed, killed, restarted, and takes the token back."""

import asyncio
import signal
import time

import pytest

from assistant.home.home_assistant.connection import Address, RefusedError
from assistant.home.home_assistant.home import HomeAssistantHome
from assistant.home.model import HomeError


async def eventually(so, limit_s=20.0):
    async with asyncio.timeout(limit_s):
        while not so():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.05)


async def test_a_renamed_entity_is_known_by_its_new_name(house, core):
    admin = await core.admin()
    await admin.command(
        "config/entity_registry/update", entity_id="light.bed_light", name="Moonbeam"
    )
    await eventually(lambda: "Moonbeam" in {device.name for device in house.home.devices()})
    assert (await house.say("turn on moonbeam")).reply == "Turned on the Moonbeam."
    await admin.command("config/entity_registry/update", entity_id="light.bed_light", name=None)
    await eventually(lambda: "Bed Light" in {device.name for device in house.home.devices()})
    await admin.close()


async def test_an_entity_that_is_no_longer_exposed_is_gone(house, core):
    admin = await core.admin()
    for should_expose in (False, True):
        await admin.command(
            "homeassistant/expose_entity",
            assistants=["conversation"],
            entity_ids=["switch.ac"],
            should_expose=should_expose,
        )
        shown = lambda: "switch.ac" in {device.id for device in house.home.devices()}  # noqa: E731
        await eventually(lambda: shown() is should_expose)  # noqa: B023
    await admin.close()


async def test_a_state_changed_elsewhere_is_seen(house, core):
    admin = await core.admin()
    await admin.command(
        "call_service",
        domain="switch",
        service="turn_off",
        target={"entity_id": "switch.decorative_lights"},
    )
    await admin.command(
        "call_service",
        domain="switch",
        service="turn_on",
        target={"entity_id": "switch.decorative_lights"},
    )
    await asyncio.sleep(0.1)
    assert (await house.say("are the decorative lights on")).reply == (
        "Yes, the Decorative Lights are on."
    )
    await admin.close()


async def test_a_revoked_token_is_said_and_not_tried_again(core):
    admin = await core.admin()
    token = await admin.command("auth/long_lived_access_token", client_name="Revoked", lifespan=1)
    home = HomeAssistantHome(Address(core.url), token)
    await home.connect()
    tokens = await admin.command("auth/refresh_tokens")
    (revoked,) = [each for each in tokens if each["client_name"] == "Revoked"]
    await admin.command("auth/delete_refresh_token", refresh_token_id=revoked["id"])
    await admin.close()
    # Home Assistant ends the connections of a token that it takes back.
    await eventually(home._keeper.done)
    with pytest.raises(HomeError, match="refuses the token"):
        await home.state("light.bed_light")
    await home.close()
    with pytest.raises(RefusedError, match="Make a new long-lived access token"):
        await HomeAssistantHome(Address(core.url), token).connect()


async def test_killed_in_mid_command_and_restarted(house, core):
    command = asyncio.create_task(house.say("unlock the front door"))  # takes 2 s there
    await asyncio.sleep(0.3)
    core.stop(signal.SIGKILL)
    begin = time.monotonic()
    outcome = await command
    assert (outcome.success, outcome.reply) == (False, "The connection to Home Assistant was lost.")
    refused = await house.say("turn off the kitchen lights")
    assert (refused.success, refused.reply) == (False, "I cannot reach Home Assistant now.")
    assert time.monotonic() - begin < 3
    await asyncio.to_thread(core.start)
    await core.running()
    await eventually(lambda: house.home._connection is not None, 60)
    await eventually(lambda: len(house.home.devices()) > 30, 60)
    # What was refused while it was away is not done later.
    assert await _state(house, "light.kitchen_lights") == "on"
    assert (await house.say("turn off the kitchen lights")).success
    assert await _state(house, "light.kitchen_lights") == "off"


async def _state(house, entity):
    return (await house.home.state(entity)).state
