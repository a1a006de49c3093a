"""What must not be done on an uncertain hearing: opening locks, doors and gates."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.home.model import Device, Home, HomeError
from assistant.nlu.interpretation import Interpretation

CONFIRM = "HearthConfirm"
_GATES = frozenset({"door", "garage", "garage_door", "gate"})
_OF_SEVERAL = frozenset({"scene", "script", "group", "automation"})
_OPENING = {"HassTurnOff": "lock", "HassTurnOn": "cover", "HassSetPosition": "cover"}


def opens_something(interpretation: Interpretation, devices: Sequence[Device]) -> bool:
    """Whether it unlocks a lock, or opens a door or gate."""
    domain = _OPENING.get(interpretation.intent or "")
    if interpretation.slots.get("position") == 0:
        return False
    return any(
        device.domain == domain and (domain == "lock" or _is_gate(device)) for device in devices
    )


async def touches_something(home: Home, devices: Sequence[Device]) -> bool:
    """Whether a scene, script or group among them has a lock, a door or a gate in it."""
    known = {device.id: device for device in home.devices()}
    for device in devices:
        if device.domain not in _OF_SEVERAL:
            continue
        try:
            within = (await home.state(device.id)).attributes.get("entity_id", ())
        except HomeError:
            return True  # what it does is not known now
        inside = [known[each] for each in within if each in known]
        if any(each.domain == "lock" or _is_gate(each) for each in inside):
            return True
    return False


def _is_gate(device: Device) -> bool:
    if device.domain != "cover":
        return False
    if device.device_class:
        return device.device_class in _GATES
    return any(word in device.name.lower() for word in ("door", "gate"))
