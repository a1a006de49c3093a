"""An entity of a real Home Assistant tells whether somebody is there, exposed to Assist or not."""

import asyncio

import pytest

from assistant.presence.sensor import HomeSensor


async def becomes(sensor, *, somebody):
    async with asyncio.timeout(30):
        while sensor.somebody is not somebody:  # noqa: ASYNC110 - Home Assistant takes its time
            await asyncio.sleep(0.05)


@pytest.fixture
def sensor(house):
    """Follows an entity of the home that is spoken to."""

    def follow(entity_id):
        made = HomeSensor(entity_id)
        made.begin(house.home)
        return made

    return follow


async def test_an_entity_is_followed_over_the_connection_there_is(house, core, sensor):
    entity = "input_boolean.somebody"
    assert entity not in {device.id for device in house.home.devices()}
    somebody = sensor(entity)
    await becomes(somebody, somebody=False)
    admin = await core.admin()
    for service, there in (("turn_on", True), ("turn_off", False)):
        await admin.command(
            "call_service", domain="input_boolean", service=service, target={"entity_id": entity}
        )
        await becomes(somebody, somebody=there)
    await admin.close()


async def test_what_the_home_does_not_have_tells_nothing(sensor):
    moved, nothing = sensor("binary_sensor.movement_backyard"), sensor("binary_sensor.no_such")
    await becomes(moved, somebody=True)
    assert nothing.somebody is None


async def test_a_name_that_is_refused_takes_nothing_else_away(house, sensor, caplog):
    sensor("binary_sensor.Not A Name")
    somebody = sensor("input_boolean.somebody")
    async with asyncio.timeout(30):
        while "is not followed" not in caplog.text:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    await becomes(somebody, somebody=False)
    assert (await house.home.state("light.kitchen_lights")).state
