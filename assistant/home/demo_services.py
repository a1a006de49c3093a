"""How the demo home's devices answer Home Assistant's services.

Each service is a function of a device's state and the call's data that returns the new state; it
raises `HomeError` where Home Assistant would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from assistant.home.model import DeviceState, HomeError

Service = Callable[[DeviceState, Mapping[str, Any]], DeviceState]

_FULL = 100


def _with(state: DeviceState, word: str | None = None, **attributes: object) -> DeviceState:
    return replace(
        state,
        state=state.state if word is None else word,
        attributes={**state.attributes, **attributes},
    )


def _number(data: Mapping[str, Any], key: str, low: float, high: float) -> float:
    value = data.get(key)
    if not isinstance(value, int | float) or not low <= value <= high:
        raise HomeError(f"{key} must be a number from {low:g} to {high:g}, not {value!r}.")
    return value


def _to(word: str, **attributes: object) -> Service:
    return lambda state, _data: _with(state, word, **attributes)


def _light_on(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    brightness = state.attributes.get("brightness") or _FULL
    if "brightness_pct" in data:
        brightness = int(_number(data, "brightness_pct", 0, _FULL))
    elif "brightness_step_pct" in data:
        step = _number(data, "brightness_step_pct", -_FULL, _FULL)
        now = (state.attributes.get("brightness") or 0) if state.state == "on" else 0
        brightness = int(min(_FULL, max(0, now + step)))
    if not brightness:
        return _light_off(state, data)
    changed = _with(state, "on", brightness=brightness)
    if "color_name" in data:
        changed = _with(changed, color=data["color_name"], color_temp_kelvin=None)
    if "color_temp_kelvin" in data:
        kelvin = int(_number(data, "color_temp_kelvin", 1000, 10_000))
        changed = _with(changed, color=None, color_temp_kelvin=kelvin)
    return changed


def _light_off(state: DeviceState, _data: Mapping[str, Any]) -> DeviceState:
    return _with(state, "off", brightness=None)


def _fan_speed(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    percentage = int(_number(data, "percentage", 0, _FULL))
    return _with(state, "on" if percentage else "off", percentage=percentage)


def _fan_on(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    if "percentage" in data:
        return _fan_speed(state, data)
    return _with(state, "on", percentage=state.attributes.get("percentage") or _FULL)


def _cover_position(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    position = int(_number(data, "position", 0, _FULL))
    return _with(state, "open" if position else "closed", position=position)


def _temperature(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    return _with(state, temperature=float(_number(data, "temperature", 5, 35)))


def _hvac_mode(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    mode, modes = data.get("hvac_mode"), state.attributes["hvac_modes"]
    if mode not in modes:
        raise HomeError(f"hvac_mode must be one of {', '.join(modes)}, not {mode!r}.")
    return _with(state, str(mode))


def _volume(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    return _with(state, volume_level=round(_number(data, "volume_level", 0, 1), 2))


def _mute(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    return _with(state, is_volume_muted=bool(data.get("is_volume_muted")))


def _play_media(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    return _with(state, "playing", media_title=str(data.get("media_content_id", "")))


def _track(step: str) -> Service:
    return lambda state, _data: _with(state, "playing", media_title=f"{step} track")


def _clean_area(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    return _with(state, "cleaning", area=data.get("cleaning_area_id"))


def _items(state: DeviceState) -> tuple[Mapping[str, str], ...]:
    return tuple(state.attributes.get("items", ()))


def _with_items(state: DeviceState, items: tuple[Mapping[str, str], ...]) -> DeviceState:
    open_items = sum(item["status"] == "needs_action" for item in items)
    return _with(state, str(open_items), items=items)


def _add_item(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    item = {"summary": str(data["item"]), "status": "needs_action", "uid": uuid4().hex}
    return _with_items(state, (*_items(state), item))


def _update_item(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    wanted = _find_item(state, data)
    items = tuple(
        {**item, "status": str(data.get("status", item["status"]))} if item is wanted else item
        for item in _items(state)
    )
    return _with_items(state, items)


def _remove_item(state: DeviceState, data: Mapping[str, Any]) -> DeviceState:
    wanted = _find_item(state, data)
    return _with_items(state, tuple(item for item in _items(state) if item is not wanted))


def _find_item(state: DeviceState, data: Mapping[str, Any]) -> Mapping[str, str]:
    for item in _items(state):
        if data["item"] in {item["uid"], item["summary"]}:
            return item
    raise HomeError(f"{data['item']} is not on the list.")


SERVICES: Mapping[str, Service] = {
    "light.turn_on": _light_on,
    "light.turn_off": _light_off,
    "switch.turn_on": _to("on"),
    "switch.turn_off": _to("off"),
    "fan.turn_on": _fan_on,
    "fan.turn_off": _to("off", percentage=0),
    "fan.set_percentage": _fan_speed,
    "cover.open_cover": _to("open", position=_FULL),
    "cover.close_cover": _to("closed", position=0),
    "cover.set_cover_position": _cover_position,
    "cover.stop_cover": lambda state, _data: state,
    "lock.lock": _to("locked"),
    "lock.unlock": _to("unlocked"),
    "climate.turn_on": _to("heat"),
    "climate.turn_off": _to("off"),
    "climate.set_temperature": _temperature,
    "climate.set_hvac_mode": _hvac_mode,
    "media_player.turn_on": _to("on"),
    "media_player.turn_off": _to("off"),
    "media_player.media_play": _to("playing"),
    "media_player.media_pause": _to("paused"),
    "media_player.media_next_track": _track("next"),
    "media_player.media_previous_track": _track("previous"),
    "media_player.volume_set": _volume,
    "media_player.volume_mute": _mute,
    "media_player.play_media": _play_media,
    "vacuum.start": _to("cleaning", area=None),
    "vacuum.clean_area": _clean_area,
    "vacuum.return_to_base": _to("docked", area=None),
    "todo.add_item": _add_item,
    "todo.update_item": _update_item,
    "todo.remove_item": _remove_item,
}
