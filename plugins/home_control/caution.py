"""What must not be done on an uncertain hearing: locks and gates are opened only when it is sure.

Below the configured confidence she is asked; "yes" within half a minute carries it out.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.audio.clock import Clock
from assistant.home.model import Device
from assistant.nlu.interpretation import Interpretation

CONFIRM = "HearthConfirm"
_WAITS_S = 30.0
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


class Pending:
    """The one command that waits for a yes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: Interpretation | None = None
        self._until_s = 0.0

    def ask(self, interpretation: Interpretation) -> None:
        """Let a command wait for some time."""
        self._waiting = interpretation
        self._until_s = self._clock.now() + _WAITS_S

    def take(self) -> Interpretation | None:
        """The waiting command, once; none if it waited too long."""
        waiting, self._waiting = self._waiting, None
        return waiting if self._clock.now() <= self._until_s else None
