"""What is in the demo home: areas, devices with their first state, and people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assistant.home.model import Area, Device, DeviceState

_GROUND, _DOWNSTAIRS = "Ground floor", ("downstairs",)
AREAS = (
    Area("kitchen", "Kitchen", floor=_GROUND, floor_aliases=_DOWNSTAIRS),
    Area(
        "living_room",
        "Living room",
        aliases=("lounge", "sitting room"),
        floor=_GROUND,
        floor_aliases=_DOWNSTAIRS,
    ),
    Area(
        "hallway", "Hallway", aliases=("hall", "corridor"), floor=_GROUND, floor_aliases=_DOWNSTAIRS
    ),
    Area("bedroom", "Bedroom", aliases=("main bedroom",), floor="Upstairs"),
    Area("kids_room", "Kids room", aliases=("children's room", "nursery"), floor="Upstairs"),
    Area("office", "Office", aliases=("study",), floor="Upstairs"),
    Area("bathroom", "Bathroom", floor="Upstairs"),
    Area("garage", "Garage", floor=_GROUND, floor_aliases=_DOWNSTAIRS),
    Area("garden", "Garden", aliases=("back yard", "patio")),
)

CONTACTS = (
    "Anna Lindqvist",
    "Priya Raman",
    "Marcus Oyelaran",
    "Mom",
    "Doctor Weiss",
    "Tomasz Nowak",
)

_LIGHT: dict[str, Any] = {"brightness": None, "color": None, "color_temp_kelvin": None}
_THERMOSTAT: dict[str, Any] = {
    "min_temp": 5.0,
    "max_temp": 30.0,
    "hvac_modes": ("off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only"),
}
_PLAYER: dict[str, Any] = {"volume_level": 0.3, "is_volume_muted": False, "media_title": None}

_ROWS: tuple[tuple[str, str, str | None, str, Mapping[str, Any]], ...] = (
    # entity id, name, area, state, attributes
    ("light.kitchen", "Kitchen light", "kitchen", "off", _LIGHT),
    ("light.counter", "Counter light", "kitchen", "off", _LIGHT),
    ("light.living_room", "Living room light", "living_room", "off", _LIGHT),
    ("light.floor_lamp", "Floor lamp", "living_room", "off", _LIGHT),
    ("light.hallway", "Hallway light", "hallway", "off", _LIGHT),
    ("light.bedroom", "Bedroom light", "bedroom", "off", _LIGHT),
    ("light.bedside_lamp", "Bedside lamp", "bedroom", "off", _LIGHT),
    ("light.kids_room", "Kids room light", "kids_room", "off", _LIGHT),
    ("light.night_light", "Night light", "kids_room", "off", _LIGHT),
    ("light.office", "Office light", "office", "off", _LIGHT),
    ("light.office_desk_lamp", "Desk lamp", "office", "off", _LIGHT),
    ("light.kids_desk_lamp", "Desk lamp", "kids_room", "off", _LIGHT),
    ("light.bathroom", "Bathroom light", "bathroom", "off", _LIGHT),
    ("light.garage", "Garage light", "garage", "off", _LIGHT),
    ("light.garden", "Garden lights", "garden", "off", _LIGHT),
    ("switch.coffee_machine", "Coffee machine", "kitchen", "off", {}),
    ("switch.kettle", "Kettle", "kitchen", "off", {}),
    ("switch.christmas_tree", "Christmas tree", "living_room", "off", {}),
    ("switch.printer", "Printer", "office", "off", {}),
    ("switch.sprinkler", "Sprinkler", "garden", "off", {}),
    ("cover.living_room_blinds", "Living room blinds", "living_room", "open", {"position": 100}),
    ("cover.bedroom_curtains", "Bedroom curtains", "bedroom", "open", {"position": 100}),
    ("cover.office_blinds", "Office blinds", "office", "open", {"position": 100}),
    ("cover.garage_door", "Garage door", "garage", "closed", {"position": 0}),
    ("lock.front_door", "Front door", "hallway", "locked", {}),
    ("lock.back_door", "Back door", "kitchen", "unlocked", {}),
    (
        "climate.living_room",
        "Living room thermostat",
        "living_room",
        "heat",
        {"temperature": 20.0, "current_temperature": 19.5, **_THERMOSTAT},
    ),
    (
        "climate.bedroom",
        "Bedroom thermostat",
        "bedroom",
        "heat",
        {"temperature": 18.0, "current_temperature": 18.5, **_THERMOSTAT},
    ),
    ("fan.bedroom", "Ceiling fan", "bedroom", "off", {"percentage": 0}),
    ("fan.bathroom", "Extractor fan", "bathroom", "off", {"percentage": 0}),
    ("media_player.tv", "TV", "living_room", "off", _PLAYER),
    ("media_player.kitchen_speaker", "Kitchen speaker", "kitchen", "paused", _PLAYER),
    ("media_player.bedroom_speaker", "Bedroom speaker", "bedroom", "idle", _PLAYER),
    (
        "sensor.kitchen_temperature",
        "Kitchen temperature",
        "kitchen",
        "21.5",
        {"unit_of_measurement": "°C"},
    ),
    (
        "sensor.office_temperature",
        "Office temperature",
        "office",
        "22.0",
        {"unit_of_measurement": "°C"},
    ),
    (
        "sensor.bathroom_humidity",
        "Bathroom humidity",
        "bathroom",
        "58",
        {"unit_of_measurement": "%"},
    ),
    ("binary_sensor.kitchen_window", "Kitchen window", "kitchen", "off", {}),
    ("binary_sensor.bedroom_window", "Bedroom window", "bedroom", "on", {}),
    ("vacuum.robot", "Robot vacuum", "hallway", "docked", {"area": None}),
    ("scene.movie_night", "Movie night", "living_room", "scening", {}),
    ("scene.good_night", "Good night", None, "scening", {}),
    ("todo.shopping_list", "Shopping list", None, "0", {"items": ()}),
    ("todo.chores", "Chores", None, "0", {"items": ()}),
    (
        "weather.home",
        "Home",
        None,
        "partlycloudy",
        {
            "temperature": 14.0,
            "forecast": (
                {"day": "today", "condition": "partlycloudy", "high": 16.0, "low": 9.0},
                {"day": "tomorrow", "condition": "rainy", "high": 13.0, "low": 8.0},
            ),
        },
    ),
)

_ALIASES = {
    "light.bedside_lamp": ("reading lamp", "bedroom lamp"),
    "light.counter": ("worktop light",),
    "light.floor_lamp": ("corner lamp",),
    "switch.coffee_machine": ("coffee maker", "espresso machine"),
    "cover.bedroom_curtains": ("curtains in the bedroom",),
    "climate.living_room": ("thermostat", "heating"),
    "fan.bedroom": ("bedroom fan",),
    "fan.bathroom": ("bathroom fan",),
    "media_player.kitchen_speaker": ("kitchen radio",),
    "vacuum.robot": ("vacuum", "vacuum cleaner", "hoover"),
    "todo.chores": ("chore list", "todo list"),
}

_CLASSES = {
    "cover.living_room_blinds": "blind",
    "cover.bedroom_curtains": "curtain",
    "cover.office_blinds": "blind",
    "cover.garage_door": "garage",
    "sensor.kitchen_temperature": "temperature",
    "sensor.office_temperature": "temperature",
    "sensor.bathroom_humidity": "humidity",
    "binary_sensor.kitchen_window": "window",
    "binary_sensor.bedroom_window": "window",
    "media_player.tv": "tv",
}

SCENES: Mapping[str, Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "scene.movie_night": {
        "light.living_room": ("on", {"brightness": 20}),
        "light.floor_lamp": ("off", {"brightness": None}),
        "media_player.tv": ("on", {}),
        "cover.living_room_blinds": ("closed", {"position": 0}),
    },
    "scene.good_night": {
        "light.living_room": ("off", {"brightness": None}),
        "light.kitchen": ("off", {"brightness": None}),
        "light.hallway": ("off", {"brightness": None}),
        "lock.back_door": ("locked", {}),
        "media_player.tv": ("off", {}),
    },
}
"""What each scene sets: state and attributes by device."""


def demo_devices() -> Iterator[tuple[Device, DeviceState]]:
    """Each device of the demo home with its first state."""
    for entity_id, name, area, state, attributes in _ROWS:
        device = Device(
            id=entity_id,
            name=name,
            domain=entity_id.split(".")[0],
            area_id=area,
            aliases=_ALIASES.get(entity_id, ()),
            device_class=_CLASSES.get(entity_id),
        )
        members = {"entity_id": (*SCENES[entity_id],)} if entity_id in SCENES else {}
        yield device, DeviceState(state, {**attributes, **members})
