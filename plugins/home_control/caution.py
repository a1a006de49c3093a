"""What must not be done on an uncertain hearing: opening locks, doors and gates."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.home.model import Device, Home, HomeError
from assistant.nlu.interpretation import Interpretation

CONFIRM = "HearthConfirm"
_OF_SEVERAL = frozenset({"scene", "script", "group", "automation"})


def opens_something(interpretation: Interpretation, devices: Sequence[Device]) -> bool:
    """Whether it unlocks a lock, or opens a door or gate."""
    if interpretation.slots.get("position") == 0:
        return False
    return any(device.is_opened_by(interpretation.intent or "") for device in devices)


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
        if any(each.domain == "lock" or each.is_gate for each in inside):
            return True
    return False
