"""From an intent to the services that carry it out, in Home Assistant's terms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from assistant.home.model import Home, HomeError, ServiceCall

Calls = list[ServiceCall]

_ON = {
    "button": "press",
    "cover": "open_cover",
    "input_button": "press",
    "lawn_mower": "start_mowing",
    "lock": "lock",
    "vacuum": "start",
    "valve": "open_valve",
}
_OFF = {
    "cover": "close_cover",
    "lawn_mower": "dock",
    "lock": "unlock",
    "vacuum": "return_to_base",
    "valve": "close_valve",
}
_POSITION = {"cover": "set_cover_position", "valve": "set_valve_position"}
_PLAIN = {
    "HassLawnMowerDock": ("lawn_mower", "dock"),
    "HassLawnMowerStartMowing": ("lawn_mower", "start_mowing"),
    "HassMediaNext": ("media_player", "media_next_track"),
    "HassMediaPause": ("media_player", "media_pause"),
    "HassMediaPrevious": ("media_player", "media_previous_track"),
    "HassMediaUnpause": ("media_player", "media_play"),
    "HassVacuumReturnToBase": ("vacuum", "return_to_base"),
    "HassVacuumStart": ("vacuum", "start"),
}
"""Intents that are one service without data."""

_LIGHT_DATA = {
    "brightness": "brightness_pct",
    "brightness_step": "brightness_step_pct",
    "color": "color_name",
    "temperature": "color_temp_kelvin",
}
_VOLUME_STEP = 10
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Request:
    """What an intent asks of some devices."""

    home: Home
    slots: Mapping[str, Any]
    targets: tuple[str, ...]

    def call(self, domain: str, service: str, **data: object) -> ServiceCall:
        """A call on all the devices."""
        return ServiceCall(domain, service, self.targets, data)

    async def number(self, target: str, attribute: str) -> float:
        """A device's attribute now; raises `HomeError` where it has none."""
        value = (await self.home.state(target)).attributes.get(attribute)
        if not isinstance(value, int | float):
            what = attribute.replace("_", " ")
            raise HomeError(f"{self._name(target)} gives no {what} now; it may be off.")
        return float(value)

    async def check_degrees(self, target: str, degrees: float) -> None:
        """Raises `HomeError` for what a thermostat cannot be set to, where it says so."""
        attributes = (await self.home.state(target)).attributes
        low, high = attributes.get("min_temp"), attributes.get("max_temp")
        if low is not None and high is not None and not low <= degrees <= high:
            raise HomeError(f"{self._name(target)} can be set from {low:g} to {high:g} degrees.")

    def _name(self, target: str) -> str:
        names = (device.name for device in self.home.devices() if device.id == target)
        return next(names, target)


async def services(intent: str, request: Request) -> Calls:
    """The calls that carry an intent out; raises `HomeError` where the home's state forbids it."""
    if intent in _PLAIN:
        return [request.call(*_PLAIN[intent])]
    return await _MADE[intent](request)


def domain_of(entity_id: str) -> str:
    """`light` of `light.kitchen`."""
    return entity_id.partition(".")[0]


def _by_domain(targets: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    ordered = sorted(targets, key=domain_of)
    return [(domain, tuple(ids)) for domain, ids in groupby(ordered, domain_of)]


async def _turn_on(request: Request) -> Calls:
    groups = _by_domain(request.targets)
    return [ServiceCall(domain, _ON.get(domain, "turn_on"), ids) for domain, ids in groups]


async def _turn_off(request: Request) -> Calls:
    groups = _by_domain(request.targets)
    return [ServiceCall(domain, _OFF.get(domain, "turn_off"), ids) for domain, ids in groups]


async def _light(request: Request) -> Calls:
    data = {_LIGHT_DATA[slot]: said for slot, said in request.slots.items() if slot in _LIGHT_DATA}
    return [request.call("light", "turn_on", **data)]


async def _position(request: Request) -> Calls:
    data = {"position": request.slots["position"]}
    groups = _by_domain(request.targets)
    return [ServiceCall(domain, _POSITION[domain], ids, data) for domain, ids in groups]


async def _fan_speed(request: Request) -> Calls:
    return [request.call("fan", "set_percentage", percentage=request.slots["percentage"])]


async def _temperature(request: Request) -> Calls:
    calls = []
    for target in request.targets:
        degrees = request.slots.get("temperature")
        if degrees is None:
            now = await request.number(target, "temperature")
            degrees = now + request.slots["temperature_step"]
        await request.check_degrees(target, degrees)
        calls.append(ServiceCall("climate", "set_temperature", (target,), {"temperature": degrees}))
    return calls


async def _volume(request: Request) -> Calls:
    level = request.slots["volume_level"] / _PERCENT
    return [request.call("media_player", "volume_set", volume_level=level)]


async def _volume_step(request: Request) -> Calls:
    said = request.slots["volume_step"]
    step = {"up": _VOLUME_STEP, "down": -_VOLUME_STEP}.get(said, said) / _PERCENT
    calls = []
    for target in request.targets:
        level = await request.number(target, "volume_level") + step
        data = {"volume_level": round(min(1.0, max(0.0, level)), 2)}
        calls.append(ServiceCall("media_player", "volume_set", (target,), data))
    return calls


async def _mute(request: Request) -> Calls:
    return [request.call("media_player", "volume_mute", is_volume_muted=True)]


async def _unmute(request: Request) -> Calls:
    return [request.call("media_player", "volume_mute", is_volume_muted=False)]


async def _play(request: Request) -> Calls:
    return [
        request.call(
            "media_player",
            "play_media",
            media_content_type=str(request.slots.get("media_class", "music")),
            media_content_id=str(request.slots["search_query"]),
        )
    ]


async def _clean_area(request: Request) -> Calls:
    said = request.slots.get("area")
    area = next((area for area in request.home.areas() if area.name == said), None)
    if area is None:
        raise HomeError("Say which room to clean.")
    return [request.call("vacuum", "clean_area", cleaning_area_id=area.id)]


_MADE: Mapping[str, Callable[[Request], Awaitable[Calls]]] = {
    "HassClimateSetTemperature": _temperature,
    "HassFanSetSpeed": _fan_speed,
    "HassLightSet": _light,
    "HassMediaPlayerMute": _mute,
    "HassMediaPlayerUnmute": _unmute,
    "HassMediaSearchAndPlay": _play,
    "HassSetPosition": _position,
    "HassSetVolume": _volume,
    "HassSetVolumeRelative": _volume_step,
    "HassTurnOff": _turn_off,
    "HassTurnOn": _turn_on,
    "HassVacuumCleanArea": _clean_area,
}

ACTIONS: Sequence[str] = (*_PLAIN, *_MADE)
"""The intents that `services` knows."""
