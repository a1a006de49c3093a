"""What is said once something was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.home.model import Device
from plugins.home_control.wording import is_or_are, joined, named, sentence

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
    "HassSetVolumeRelative": "Changed the volume of {}",
    "HassVacuumCleanArea": "{} cleans the {area}",
    "HassVacuumReturnToBase": "Sent {} home",
    "HassVacuumStart": "Started {}",
    "HassFanSetSpeed": "Set {} to {percentage} percent",
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
    if "brightness_step" in slots:
        return f"{'Brightened' if slots['brightness_step'] > 0 else 'Dimmed'} {what}"
    if "brightness" in slots:
        return f"Set {what} to {slots['brightness']} percent"
    color = slots.get("color") or f"{slots.get('temperature')} kelvin"
    return f"Set {what} to {color}"


def _climate(slots: Mapping[str, Any], what: str) -> str:
    if "temperature_step" in slots:
        step = slots["temperature_step"]
        change = f"{abs(step):g} degree{'' if abs(step) == 1 else 's'}"
        return f"Turned {what} {'up' if step > 0 else 'down'} by {change}"
    return f"Set {what} to {slots['temperature']:g} degrees"


_WORDED = {"HassLightSet": _light, "HassClimateSetTemperature": _climate}
