"""What Home Assistant keeps outside of states: forecasts, and the items of lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from assistant.home.home_assistant.connection import CommandError, Connection
from assistant.home.model import DeviceState

_BRIGHTEST = 255


async def with_extras(connection: Connection, entity_id: str, state: DeviceState) -> DeviceState:
    """The state with `forecast` for the weather, `items` for a list, a light's `brightness_pct`."""
    domain = entity_id.partition(".")[0]
    if domain == "light" and isinstance(level := state.attributes.get("brightness"), int | float):
        percent = round(100 * level / _BRIGHTEST)
        return replace(state, attributes={**state.attributes, "brightness_pct": percent})
    if domain == "weather":
        forecast = tuple(_days(await _forecast(connection, entity_id)))
        return replace(state, attributes={**state.attributes, "forecast": forecast})
    if domain == "todo":
        answer = await connection.command("todo/item/list", entity_id=entity_id)
        items = tuple(
            {key: str(item.get(key, "")) for key in ("summary", "status", "uid")}
            for item in answer["items"]
        )
        return replace(state, attributes={**state.attributes, "items": items})
    return state


async def _forecast(connection: Connection, entity_id: str) -> Sequence[Mapping[str, Any]]:
    try:
        answer = await connection.command(
            "call_service",
            domain="weather",
            service="get_forecasts",
            service_data={"type": "daily"},
            target={"entity_id": entity_id},
            return_response=True,
        )
    except CommandError:
        return ()  # not every weather service has a daily forecast
    days: Sequence[Mapping[str, Any]] = answer["response"][entity_id].get("forecast") or ()
    return days


def _days(forecast: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    today = datetime.now().astimezone().date()
    names = {today: "today", today + timedelta(days=1): "tomorrow"}
    for row in forecast:
        moment = datetime.fromisoformat(str(row["datetime"])).astimezone()
        yield {
            "day": names.get(moment.date(), f"{moment:%A}".lower()),
            "condition": str(row.get("condition", "unknown")),
            "high": row.get("temperature"),
            "low": row.get("templow"),
        }
