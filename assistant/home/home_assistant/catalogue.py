"""What a Home Assistant shows us: the entities that are exposed to Assist, and the areas."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.home.home_assistant.connection import CommandError, Connection
from assistant.home.model import Area, Device, HomeError

_ASSISTANT = "conversation"
Row = Mapping[str, Any]
_UNITS = {"°C": "celsius", "°F": "fahrenheit"}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Areas and devices at one moment."""

    areas: tuple[Area, ...] = ()
    devices: tuple[Device, ...] = ()
    temperature_unit: str | None = None
    """`celsius` or `fahrenheit`, where Home Assistant says so."""


async def read_catalogue(connection: Connection) -> Catalogue:
    """Ask for everything at once; raises `HomeError`."""
    # Home Assistant decides what it exposes by default when its own agent first looks; this makes
    # it look, and does nothing else.
    await _optional(
        connection, "conversation/agent/homeassistant/debug", sentences=["hello"], language="en"
    )
    exposed, entities, devices, areas, floors, states, config = await asyncio.gather(
        connection.command("homeassistant/expose_entity/list"),
        connection.command("config/entity_registry/list"),
        connection.command("config/device_registry/list"),
        connection.command("config/area_registry/list"),
        _optional(connection, "config/floor_registry/list"),
        connection.command("get_states"),
        _optional(connection, "get_config"),
    )
    shown = _exposed(exposed)
    details = await connection.command(
        "config/entity_registry/get_entries",
        entity_ids=[entry["entity_id"] for entry in entities if entry["entity_id"] in shown],
    )
    by_id = {floor["floor_id"]: floor for floor in floors or ()}
    return Catalogue(
        tuple(_area(area, by_id.get(area.get("floor_id"), {})) for area in areas),
        tuple(_devices(shown, states, details, devices)),
        _unit(config or {}),
    )


async def _optional(connection: Connection, kind: str, **fields: object) -> Any:  # noqa: ANN401
    """The result of a command that older or leaner Home Assistants may not know, else `None`."""
    try:
        return await connection.command(kind, **fields)
    except CommandError:
        return None


def _exposed(answer: Row) -> set[str]:
    if not isinstance(answer, Mapping):
        raise HomeError("This Home Assistant is too old: it does not tell what it exposes.")
    return {entity for entity, to in answer["exposed_entities"].items() if to.get(_ASSISTANT)}


def _area(row: Row, floor: Row) -> Area:
    """An area; `floor` is empty if it is on none."""
    name = str(floor["name"]) if floor else None
    aliases = _texts(floor.get("aliases"))
    return Area(row["area_id"], str(row["name"]), _texts(row.get("aliases")), name, aliases)


def _devices(
    shown: set[str],
    states: Sequence[Row],
    details: Mapping[str, Row | None],
    devices: Sequence[Row],
) -> Iterable[Device]:
    area_of_device = {row["id"]: row.get("area_id") for row in devices}
    for state in states:
        entity_id = state["entity_id"]
        if entity_id not in shown:
            continue
        entry: Row = details.get(entity_id) or {}
        attributes = state.get("attributes", {})
        domain, _, object_id = entity_id.partition(".")
        yield Device(
            id=entity_id,
            name=str(attributes.get("friendly_name") or object_id.replace("_", " ")),
            domain=domain,
            area_id=entry.get("area_id") or area_of_device.get(entry.get("device_id")),
            aliases=_texts(entry.get("aliases")),
            device_class=attributes.get("device_class"),
        )


def _unit(config: Row) -> str | None:
    return _UNITS.get(config.get("unit_system", {}).get("temperature"))


def _texts(values: Iterable[object] | None) -> tuple[str, ...]:
    return tuple(value for value in values or () if isinstance(value, str) and value.strip())
