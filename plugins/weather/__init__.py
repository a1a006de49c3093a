"""The weather, from the home's weather entity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.home.model import DeviceState, Home, HomeError
from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Outcome, Plugin, PluginContext

_WORDS = {
    "clear-night": "clear",
    "cloudy": "cloudy",
    "exceptional": "unusual",
    "fog": "foggy",
    "hail": "hailing",
    "lightning": "stormy",
    "lightning-rainy": "stormy with rain",
    "partlycloudy": "partly cloudy",
    "pouring": "pouring with rain",
    "rainy": "rainy",
    "snowy": "snowy",
    "snowy-rainy": "sleety",
    "sunny": "sunny",
    "windy": "windy",
    "windy-variant": "windy",
}
"""Home Assistant's conditions as an adjective."""

_CONDITIONS = {
    "rain": {"rainy", "pouring", "lightning-rainy", "snowy-rainy", "hail"},
    "snow": {"snowy", "snowy-rainy"},
    "sun": {"sunny", "clear-night"},
    "wind": {"windy", "windy-variant"},
}
_COLD_BELOW, _WARM_FROM = 10.0, 22.0


class Weather:
    """Says what the home's weather entity says."""

    name = "weather"

    def __init__(self, home: Home) -> None:
        self._home = home
        self._prepared: DeviceState | None = None

    def intents(self) -> Sequence[str]:
        """Only the weather."""
        return ("HassGetWeather",)

    async def prepare(self, interpretation: Interpretation) -> None:
        """Fetch the weather."""
        entity = self._entity(interpretation)
        self._prepared = await self._home.state(entity) if entity else None

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Say it."""
        entity = self._entity(interpretation)
        if entity is None:
            reply = "This home has no weather forecast."
            return Outcome(success=False, reply=reply, not_here=True)
        state, self._prepared = self._prepared, None
        try:
            state = state or await self._home.state(entity)
        except HomeError as error:
            return Outcome(success=False, reply=str(error), targets=(entity,))
        return Outcome(
            success=True, reply=weather_reply(state, interpretation.slots), targets=(entity,)
        )

    def _entity(self, interpretation: Interpretation) -> str | None:
        if interpretation.targets:
            return interpretation.targets[0]
        return next((d.id for d in self._home.devices() if d.domain == "weather"), None)


def weather_reply(state: DeviceState, slots: Mapping[str, Any]) -> str:
    """A sentence or two about the weather of the day and condition that the slots ask about."""
    day = str(slots.get("day", ""))
    forecast = _forecast(state, day)
    now = not day or (day == "today" and not forecast)
    condition = state.state if now else str(forecast.get("condition", "unknown"))
    degrees = state.attributes.get("temperature") if now else forecast.get("high")
    if not now and not forecast:
        return f"I have no forecast for {day}."
    text = _sentence(condition, degrees, "" if now else day)
    asked = slots.get("condition")
    return text if asked is None else f"{_answer(str(asked), condition, degrees)} {text}"


def _forecast(state: DeviceState, day: str) -> Mapping[str, Any]:
    days = state.attributes.get("forecast", ())
    return next((item for item in days if item.get("day") == day), {})


def _sentence(condition: str, degrees: float | None, day: str) -> str:
    word = _WORDS.get(condition, condition)
    start = f"{day.capitalize()} it will be {word}" if day else f"It is {word}"
    if degrees is None:
        return f"{start}."
    return f"{start}, up to {degrees:g} degrees." if day else f"{start} and {degrees:g} degrees."


def _answer(asked: str, condition: str, degrees: float | None) -> str:
    if asked in _CONDITIONS:
        return "Yes." if condition in _CONDITIONS[asked] else "No."
    if degrees is None:
        return ""
    is_so = degrees < _COLD_BELOW if asked == "cold" else degrees >= _WARM_FROM
    return "Yes." if is_so else "No."


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    return Weather(context.home)
