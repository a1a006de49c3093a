"""What changes by a step: in the demo home, and as Home Assistant is told."""

import pytest

from assistant.app.household import make_household
from assistant.config.settings import HomeSettings, Settings
from tests.household import hypothesis
from tests.plugins.home_assistant_server import TOKEN, Server


@pytest.mark.parametrize(
    ("before", "said", "changed", "reply"),
    [
        (
            "set the kitchen light to 50 percent",
            "increase the kitchen light by 20 percent",
            ("light.kitchen", "brightness", 70),
            "Brightened the Kitchen light to 70 percent.",
        ),
        (
            "set the kitchen light to 90 percent",
            "make the kitchen light thirty percent brighter",
            ("light.kitchen", "brightness", 100),
            "Brightened the Kitchen light to 100 percent.",
        ),
        (
            "set the kitchen light to 50 percent",
            "increase the kitchen light",
            ("light.kitchen", "brightness", 70),
            "Brightened the Kitchen light to 70 percent.",
        ),
        (
            "set the lights in the kitchen to 40 percent",
            "increase the brightness in the kitchen",
            ("light.counter", "brightness", 60),
            "Brightened the Kitchen light and the Counter light to 60 percent.",
        ),
        (
            "set the bedroom thermostat to 20 degrees",
            "cool the bedroom down by 2 degrees",
            ("climate.bedroom", "temperature", 18),
            "Turned down the Bedroom thermostat to 18 degrees.",
        ),
        (
            "set the lights in the kitchen to 40 percent",
            "dim the lights in the kitchen by ten percent",
            ("light.counter", "brightness", 30),
            "Dimmed the Kitchen light and the Counter light to 30 percent.",
        ),
        (
            "set the kitchen light to 40 percent",
            "brighten the lights in the kitchen by ten percent",
            ("light.kitchen", "brightness", 50),
            "Brightened the Kitchen light to 50 percent and the Counter light to 10 percent.",
        ),
        (
            "set the bedroom thermostat to 20 degrees",
            "increase the temperature in the bedroom by ten degrees",
            ("climate.bedroom", "temperature", 30),
            "Turned up the Bedroom thermostat to 30 degrees.",
        ),
        (
            "set the bedroom thermostat to 28 degrees",
            "make the bedroom five degrees warmer",
            ("climate.bedroom", "temperature", 30),
            "Turned up the Bedroom thermostat to 30 degrees.",
        ),
        (
            "set the thermostat to 21 degrees",
            "lower the heating by half a degree",
            ("climate.living_room", "temperature", 20.5),
            "Turned down the Living room thermostat to 20.5 degrees.",
        ),
        (
            "set the tv volume to half",
            "turn the tv down by fifteen percent",
            ("media_player.tv", "volume_level", 0.35),
            "Set the volume of the TV to 35 percent.",
        ),
        (
            "set the office blinds to 50 percent",
            "lower the office blinds by twenty percent",
            ("cover.office_blinds", "position", 30),
            "Set the Office blinds to 30 percent open.",
        ),
        (
            "set the ceiling fan to 50 percent",
            "increase the ceiling fan by 20 percent",
            ("fan.bedroom", "percentage", 70),
            "Set the Ceiling fan to 70 percent.",
        ),
    ],
)
async def test_it_changes_by_and_not_to(house, before, said, changed, reply):
    device, attribute, after = changed
    await house.say(before)
    outcome = await house.say(said)
    assert await house.attribute(device, attribute) == after
    assert outcome.reply == reply


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("raise the office blinds by ten percent", "Office blinds is already at 100 percent open."),
        ("dim the kitchen light by ten percent", "Kitchen light is already at 0 percent."),
    ],
)
async def test_what_can_go_no_further_says_so(house, said, reply):
    outcome = await house.say(said)
    assert (outcome.success, outcome.reply, outcome.changes) == (False, reply, ())


@pytest.mark.parametrize(
    ("said", "device", "attribute", "after"),
    [
        ("set the living room thermostat to cool", "climate.living_room", None, "cool"),
        ("switch the bedroom heating to auto mode", "climate.bedroom", None, "auto"),
        ("set the kitchen light to 2700 kelvin", "light.kitchen", "color_temp_kelvin", 2700),
        ("set the thermostat to 70 degrees fahrenheit", "climate.living_room", "temperature", 21.1),
        ("set the thermostat to 20.3\u00b0C", "climate.living_room", "temperature", 20.3),
        ("all kitchen lights on", "light.counter", None, "on"),
        ("all blinds closed", "cover.office_blinds", None, "closed"),
    ],
)
async def test_modes_units_and_short_commands(house, said, device, attribute, after):
    outcome = await house.say(said)
    assert outcome.success, outcome.reply
    state = await house.home.state(device)
    assert (state.state if attribute is None else state.attributes[attribute]) == after


async def test_stopping_and_asking_what_plays(house):
    assert (await house.say("stop the office blinds")).reply == "Stopped the Office blinds."
    assert (await house.say("what's playing")).reply == "Nothing is playing."
    await house.say("play some jazz in the bedroom")
    reply = "The Bedroom speaker is playing some jazz."
    assert (await house.say("what's playing")).reply == reply
    assert (await house.say("what song is this")).reply == reply


@pytest.fixture
async def server():
    server = Server(
        {
            "light.lamp": ("Lamp", "on"),
            "light.bulb": ("Bulb", "on"),
            "cover.blind": ("Blind", "open"),
            "fan.fan": ("Fan", "on"),
            "climate.heater": ("Heater", "heat"),
        }
    )
    server.attributes = {
        "light.lamp": {
            "brightness": 180,
            "supported_color_modes": ["color_temp"],
            "min_color_temp_kelvin": 2202,
            "max_color_temp_kelvin": 4000,
        },
        "light.bulb": {"brightness": 255, "supported_color_modes": ["brightness"]},
        "cover.blind": {"current_position": 40},
        "fan.fan": {"percentage": 50},
        "climate.heater": {
            "temperature": 70,
            "min_temp": 45,
            "max_temp": 95,
            "target_temp_step": 1,
            "hvac_modes": ["off", "heat", "heat_cool"],
        },
    }
    server.unit = "\u00b0F"
    await server.start()
    yield server
    await server.stop()


@pytest.mark.parametrize(
    ("said", "call", "reply"),
    [
        (
            "dim the lamp by 20 percent",
            ("light.turn_on", {"brightness_step_pct": -20}),
            "Dimmed the Lamp to 51 percent.",
        ),
        (
            "open the blind by 20 percent",
            ("cover.set_cover_position", {"position": 60}),
            "Set the Blind to 60 percent open.",
        ),
        (
            "turn down the fan by 10 percent",
            ("fan.set_percentage", {"percentage": 40}),
            "Set the Fan to 40 percent.",
        ),
        (
            "set the lamp to 6500 kelvin",
            ("light.turn_on", {"color_temp_kelvin": 4000}),
            "Set the Lamp to 4000 kelvin.",
        ),
        (
            "set the bulb to 2700 kelvin",
            None,
            "Bulb cannot change its color temperature.",
        ),
        (
            "set the heater to 20 degrees celsius",
            ("climate.set_temperature", {"temperature": 68}),
            "Set the Heater to 68 degrees.",
        ),
        (
            "raise the heater by one degree celsius",
            ("climate.set_temperature", {"temperature": 72}),
            "Turned up the Heater to 72 degrees.",
        ),
        (
            "set the heater to auto",
            ("climate.set_hvac_mode", {"hvac_mode": "heat_cool"}),
            "Set the Heater to heat cool.",
        ),
        (
            "set the heater to dry",
            None,
            "Heater can be set to off, heat or heat cool.",
        ),
    ],
)
async def test_home_assistant_is_told_so(server, monkeypatch, said, call, reply):
    monkeypatch.setenv("HEARTH_HOME_TOKEN", TOKEN)
    url = f"http://127.0.0.1:{server.port}"
    house = make_household(Settings(home=HomeSettings(kind="home_assistant", url=url)))
    await house.start()
    meant = house.understanding.interpret([hypothesis(said)])
    outcome = await house.plugins.for_intent(meant.intent).act(meant)
    await house.close()
    assert list(zip(server.calls, server.data, strict=True)) == ([call] if call else [])
    assert outcome.reply == reply


async def test_a_unit_is_refused_where_the_homes_is_not_known(server, monkeypatch):
    monkeypatch.setenv("HEARTH_HOME_TOKEN", TOKEN)
    server.unit = None
    url = f"http://127.0.0.1:{server.port}"
    house = make_household(Settings(home=HomeSettings(kind="home_assistant", url=url)))
    await house.start()
    meant = house.understanding.interpret_text("set the heater to 20 degrees celsius")
    outcome = await house.plugins.for_intent(meant.intent).act(meant)
    await house.close()
    assert not outcome.success
    assert "say it without the unit" in outcome.reply
    assert server.calls == []
