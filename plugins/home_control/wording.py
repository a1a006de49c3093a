"""What is said of devices: their names, their states, and lists of either."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.home.model import Device, DeviceState

_OPENINGS = frozenset({"door", "garage_door", "lock", "opening", "window"})
_ON_OFF = {
    "battery": ("low", "not low"),
    "connectivity": ("connected", "disconnected"),
    "gas": ("detecting gas", "detecting no gas"),
    "moisture": ("wet", "dry"),
    "motion": ("detecting motion", "detecting no motion"),
    "occupancy": ("occupied", "not occupied"),
    "presence": ("at home", "away"),
    "smoke": ("detecting smoke", "detecting no smoke"),
} | dict.fromkeys(_OPENINGS, ("open", "closed"))
_NAMED_SO = frozenset({"person", "scene", "script"})
"""Names that take no article."""
_MISSING = frozenset({"unavailable", "unknown"})
_AWAY = "away"
_UNITS = {"°C": "degrees", "°F": "degrees Fahrenheit", "%": "percent", "W": "watts"}


def named(device: Device) -> str:
    """A device in the middle of a sentence."""
    return device.name if device.domain in _NAMED_SO else f"the {device.name}"


def joined(parts: Sequence[str], word: str = "and") -> str:
    """The parts as English lists them: "a, b and c"."""
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")


def is_or_are(devices: Sequence[Device]) -> str:
    """The verb for the devices; "curtains" are several, "glass" is one."""
    name = devices[0].name if len(devices) == 1 else "several things"
    return "are" if name.endswith("s") and not name.endswith(("ss", "us", "is")) else "is"


def is_missing(state: DeviceState) -> bool:
    """Whether the device does not answer."""
    return state.state in _MISSING


def state_words(device: Device, state: DeviceState) -> str:
    """A state as one says it of the device: "open", "21.5 degrees"."""
    if is_missing(state):
        return "not answering"
    if device.domain == "binary_sensor":
        on, off = _binary_words(device)
        return on if state.state == "on" else off
    unit = state.attributes.get("unit_of_measurement")
    if unit:
        return f"{state.state} {_UNITS.get(unit, unit)}"
    return _AWAY if state.state == "not_home" else state.state.replace("_", " ")


def _binary_words(device: Device) -> tuple[str, str]:
    kind = device.device_class or next(
        (kind for kind in ("window", "door") if kind in device.name.lower()), ""
    )
    return _ON_OFF.get(kind, ("on", "off"))
