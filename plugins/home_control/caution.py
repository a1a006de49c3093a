"""What must not be done on an uncertain hearing: opening locks, doors and gates."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.home.model import Device
from assistant.nlu.interpretation import Interpretation

CONFIRM = "HearthConfirm"
_GATES = frozenset({"door", "garage", "garage_door", "gate"})
_OPENING = {"HassTurnOff": "lock", "HassTurnOn": "cover", "HassSetPosition": "cover"}


def opens_something(interpretation: Interpretation, devices: Sequence[Device]) -> bool:
    """Whether it unlocks a lock, or opens a door or gate."""
    domain = _OPENING.get(interpretation.intent or "")
    if interpretation.slots.get("position") == 0:
        return False
    return any(
        device.domain == domain and (domain == "lock" or _is_gate(device)) for device in devices
    )


def _is_gate(device: Device) -> bool:
    if device.device_class:
        return device.device_class in _GATES
    return any(word in device.name.lower() for word in ("door", "gate"))
