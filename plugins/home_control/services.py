"""From an intent to the services that carry it out, in Home Assistant's terms."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from assistant.home.model import Home, HomeError, ServiceCall

from .wording import joined

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

_KELVIN = "color_temp_kelvin"
_LIGHT_DATA = {
    "brightness": "brightness_pct",
    "color": "color_name",
    "temperature": _KELVIN,
}
_SAME_MODES = {"auto": ("auto", "heat_cool"), "heat_cool": ("heat_cool", "auto")}
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

    async def check_degrees(self, target: str, degrees: float) -> None:
        """Raises `HomeError` for what a thermostat cannot be set to, where it says so."""
        attributes = (await self.home.state(target)).attributes
        low, high = attributes.get("min_temp"), attributes.get("max_temp")
        if low is not None and high is not None and not low <= degrees <= high:
            raise HomeError(f"{self._name(target)} can be set from {low:g} to {high:g} degrees.")

    async def mode(self, target: str) -> str:
        """The wanted mode in the thermostat's own word; raises `HomeError` if it has none such."""
        wanted = str(self.slots["hvac_mode"])
        modes = (await self.home.state(target)).attributes.get("hvac_modes") or (wanted,)
        found = next((mode for mode in _SAME_MODES.get(wanted, (wanted,)) if mode in modes), None)
        if found is None:
            known = joined([str(mode).replace("_", " ") for mode in modes], "or")
            raise HomeError(f"{self._name(target)} can be set to {known}.")
        return found

    async def kelvin(self, target: str) -> int:
        """The wanted color temperature, as near as the light comes to it."""
        attributes = (await self.home.state(target)).attributes
        modes = attributes.get("supported_color_modes")
        if modes is not None and "color_temp" not in modes:
            raise HomeError(f"{self._name(target)} cannot change its color temperature.")
        low = attributes.get("min_color_temp_kelvin") or 0
        high = attributes.get("max_color_temp_kelvin") or math.inf
        return int(min(high, max(low, self.slots["temperature"])))

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
    if "temperature" not in request.slots:
        return [request.call("light", "turn_on", **data)]
    calls = {target: {**data, _KELVIN: await request.kelvin(target)} for target in request.targets}
    if len({each[_KELVIN] for each in calls.values()}) == 1:
        return [request.call("light", "turn_on", **calls[request.targets[0]])]
    return [ServiceCall("light", "turn_on", (target,), each) for target, each in calls.items()]


async def _position(request: Request) -> Calls:
    data = {"position": request.slots["position"]}
    groups = _by_domain(request.targets)
    return [ServiceCall(domain, _POSITION[domain], ids, data) for domain, ids in groups]


async def _stop(request: Request) -> Calls:
    groups = _by_domain(request.targets)
    return [ServiceCall(domain, f"stop_{domain}", ids) for domain, ids in groups]


async def _fan_speed(request: Request) -> Calls:
    return [request.call("fan", "set_percentage", percentage=request.slots["percentage"])]


async def _temperature(request: Request) -> Calls:
    if "temperature_unit" in request.slots:
        raise HomeError("I do not know in which unit this home measures: say it without the unit.")
    degrees = request.slots["temperature"]
    for target in request.targets:
        await request.check_degrees(target, degrees)
    return [
        ServiceCall("climate", "set_temperature", (target,), {"temperature": degrees})
        for target in request.targets
    ]


async def _hvac_mode(request: Request) -> Calls:
    modes = {target: await request.mode(target) for target in request.targets}
    return [
        ServiceCall("climate", "set_hvac_mode", (target,), {"hvac_mode": mode})
        for target, mode in modes.items()
    ]


async def _volume(request: Request) -> Calls:
    level = request.slots["volume_level"] / _PERCENT
    return [request.call("media_player", "volume_set", volume_level=level)]


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
    "HassStopMoving": _stop,
    "HassTurnOff": _turn_off,
    "HassTurnOn": _turn_on,
    "HassVacuumCleanArea": _clean_area,
    "HearthClimateSetMode": _hvac_mode,
}

ACTIONS: Sequence[str] = (*_PLAIN, *_MADE, "HassSetVolumeRelative")
"""The intents that change devices: all that `services` knows, and one that is always a step."""
