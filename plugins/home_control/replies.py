"""What is said once something was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.home.model import Device, ServiceCall

from .steps import Scale
from .wording import is_or_are, joined, named, sentence

_SOME = 3
"""Up to so many devices are named; more are counted."""

_ON = {
    "button": ("Pressed", ""),
    "cover": ("Opened", "open"),
    "input_button": ("Pressed", ""),
    "lawn_mower": ("Started", "mowing"),
    "lock": ("Locked", "locked"),
    "scene": ("Set the scene", ""),
    "script": ("Started", ""),
    "vacuum": ("Started", "cleaning"),
    "valve": ("Opened", "open"),
}
"""By domain, what was done and what it is when that was not needed: nothing for what has no state
of its own, such as a script, which may be over at once."""
_OFF = {
    "cover": ("Closed", "closed"),
    "lock": ("Unlocked", "unlocked"),
    "script": ("Stopped", ""),
    "valve": ("Closed", "closed"),
}
_DONE = {
    "HassLawnMowerDock": "Sent {} home",
    "HassLawnMowerStartMowing": "Started {}",
    "HassMediaNext": "Next",
    "HassMediaPause": "Paused {}",
    "HassMediaPlayerMute": "Muted {}",
    "HassMediaPlayerUnmute": "Unmuted {}",
    "HassMediaPrevious": "Previous",
    "HassMediaSearchAndPlay": "Playing {search_query} on {}",
    "HassMediaUnpause": "Playing on {}",
    "HassSetPosition": "Set {} to {position} percent",
    "HassSetVolume": "Set the volume of {} to {volume_level} percent",
    "HassStopMoving": "Stopped {}",
    "HassVacuumCleanArea": "{} cleans the {area}",
    "HassVacuumReturnToBase": "Sent {} home",
    "HassVacuumStart": "Started {}",
    "HassFanSetSpeed": "Set {} to {percentage} percent",
    "HearthClimateSetMode": "Set {} to {hvac_mode}",
}


def done(intent: str, slots: Mapping[str, Any], devices: Sequence[Device], *, changed: bool) -> str:
    """What was done to the devices; that nothing had to be done, where a switch already was so."""
    what = described(slots, devices)
    if intent in _SWITCHED:
        verb, word = _SWITCHED[intent](devices)
        so_already = word and not changed
        text = f"{what} {is_or_are(devices)} already {word}" if so_already else f"{verb} {what}"
    elif intent in _WORDED:
        text = _WORDED[intent](slots, what)
    else:
        text = _DONE[intent].format(what, **slots)
    return sentence(text)


def told(slots: Mapping[str, Any], calls: Sequence[ServiceCall]) -> Mapping[str, Any]:
    """The slots with what the devices were really set to, where they cannot do what was said."""
    kelvin = {call.data["color_temp_kelvin"] for call in calls if "color_temp_kelvin" in call.data}
    if "hvac_mode" in slots:
        return {**slots, "hvac_mode": str(calls[0].data["hvac_mode"]).replace("_", " ")}
    return {**slots, "temperature": kelvin.pop()} if len(kelvin) == 1 else slots


def moved(
    slots: Mapping[str, Any], scale: Scale, step: float, values: Sequence[tuple[Device, float]]
) -> str:
    """What devices were changed to by a step."""
    verb = scale.done[step < 0]
    devices = [device for device, _ in values]
    if len({value for _, value in values}) == 1:
        return sentence(f"{verb.format(described(slots, devices))} to {scale.said(values[0][1])}")
    if len(values) > _SOME:
        return sentence(f"{verb.format(described(slots, devices))} by {abs(step):g}")
    each = [f"{named(device)} to {scale.said(value)}" for device, value in values]
    return sentence(f"{verb.format(joined(each))}")


def described(slots: Mapping[str, Any], devices: Sequence[Device]) -> str:
    """The devices in a few words: by name, or how many of them where."""
    if len(devices) <= _SOME:
        return joined([named(device) for device in devices])
    domains = {device.domain for device in devices}
    noun = f"{domains.pop()}s".replace("switchs", "switches").replace("_", " ")
    kind = "devices" if domains else noun
    return f"{len(devices)} {kind}{where(slots)}"


def where(slots: Mapping[str, Any]) -> str:
    """The area or floor that was said, with a space before it; empty if none was."""
    if area := slots.get("area"):
        return f" in the {area}"
    floor = str(slots.get("floor", ""))
    if not floor or floor.lower().endswith("stairs"):
        return f" {floor.lower()}".rstrip()
    if floor.lower().endswith(("floor", "level", "storey")):
        return f" on the {floor.lower()}"
    # "2F" is a name of its own, an attic is a place.
    return f" on {floor}" if any(map(str.isdigit, floor)) else f" in the {floor}"


def _switched(
    words: Mapping[str, tuple[str, str]], otherwise: tuple[str, str]
) -> Callable[[Sequence[Device]], tuple[str, str]]:
    return lambda devices: words.get(devices[0].domain, otherwise)


_SWITCHED = {
    "HassTurnOn": _switched(_ON, ("Turned on", "on")),
    "HassTurnOff": _switched(_OFF, ("Turned off", "off")),
}


def _light(slots: Mapping[str, Any], what: str) -> str:
    if "brightness" in slots:
        return f"Set {what} to {slots['brightness']} percent"
    color = slots.get("color") or f"{slots.get('temperature')} kelvin"
    return f"Set {what} to {color}"


def _climate(slots: Mapping[str, Any], what: str) -> str:
    return f"Set {what} to {slots['temperature']:g} degrees"


_WORDED = {"HassLightSet": _light, "HassClimateSetTemperature": _climate}
