"""Changes by a step: the value that a device has afterwards, within what it can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.home.model import Device, DeviceState, Home, HomeError, ServiceCall

_PERCENT = 100
_UNNUMBERED = {"up": 10, "down": -10}
"""Home Assistant's words for a step of the volume without a size."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What can change by a step, in the units that are spoken."""

    what: str
    unit: str
    done: tuple[str, str]
    """What is said of a device whose value was raised, or lowered."""
    now: Callable[[DeviceState], float | None]
    """The value now; `None` where the device gives none."""
    call: Callable[[str, float, float], ServiceCall]
    """Changes a device to a value, by a step."""
    limits: Callable[[DeviceState], tuple[float, float]] = lambda _state: (0.0, _PERCENT)

    def said(self, value: float) -> str:
        """A value as one says it."""
        return f"{value:g} {self.unit}"


async def stepped(
    home: Home, scale: Scale, devices: Sequence[Device], step: float
) -> list[tuple[Device, float]]:
    """The devices that change, each with its new value.

    Raises `HomeError` where no device can change.
    """
    changed = []
    refusals = []
    for device in devices:
        state = await home.state(device.id)
        now = scale.now(state)
        if now is None:
            refusals.append(f"{device.name} gives no {scale.what} now; it may be off.")
            continue
        low, high = scale.limits(state)
        value = _rounded(min(high, max(low, now + step)), state)
        if value == now:
            refusals.append(f"{device.name} is already at {scale.said(now)}.")
        else:
            changed.append((device, value))
    if not changed:
        raise HomeError(" ".join(refusals))
    return changed


def _rounded(value: float, state: DeviceState) -> float:
    """A value that a device can be set to, where it says so."""
    finest = state.attributes.get("target_temp_step")
    return round(round(value / finest) * finest, 2) if finest else round(value, 2)


def _first(state: DeviceState, *names: str) -> float | None:
    found = (state.attributes.get(name) for name in names)
    return next((float(value) for value in found if isinstance(value, int | float)), None)


def _off_is_zero(*names: str) -> Callable[[DeviceState], float | None]:
    return lambda state: 0.0 if state.state == "off" else _first(state, *names)


def _level(state: DeviceState) -> float | None:
    level = _first(state, "volume_level")
    return None if level is None else round(_PERCENT * level)


def _degrees(state: DeviceState) -> tuple[float, float]:
    low, high = _first(state, "min_temp"), _first(state, "max_temp")
    return (float("-inf") if low is None else low, float("inf") if high is None else high)


def _brightness(target: str, _value: float, step: float) -> ServiceCall:
    # Home Assistant counts brightness finer than in percent, so the sum is its own.
    return ServiceCall("light", "turn_on", (target,), {"brightness_step_pct": round(step)})


def _position(target: str, value: float, _step: float) -> ServiceCall:
    domain = target.partition(".")[0]
    return ServiceCall(domain, f"set_{domain}_position", (target,), {"position": round(value)})


def _speed(target: str, value: float, _step: float) -> ServiceCall:
    return ServiceCall("fan", "set_percentage", (target,), {"percentage": round(value)})


def _volume(target: str, value: float, _step: float) -> ServiceCall:
    data = {"volume_level": round(value / _PERCENT, 2)}
    return ServiceCall("media_player", "volume_set", (target,), data)


def _temperature(target: str, value: float, _step: float) -> ServiceCall:
    return ServiceCall("climate", "set_temperature", (target,), {"temperature": value})


SCALES: Mapping[str, Scale] = {
    "brightness_step": Scale(
        "brightness",
        "percent",
        ("Brightened {}", "Dimmed {}"),
        _off_is_zero("brightness_pct", "brightness"),
        _brightness,
    ),
    "position_step": Scale(
        "position",
        "percent open",
        ("Set {}", "Set {}"),
        lambda state: _first(state, "current_position", "position"),
        _position,
    ),
    "percentage_step": Scale(
        "speed",
        "percent",
        ("Set {}", "Set {}"),
        _off_is_zero("percentage"),
        _speed,
    ),
    "volume_step": Scale(
        "volume level",
        "percent",
        ("Set the volume of {}", "Set the volume of {}"),
        _level,
        _volume,
    ),
    "temperature_step": Scale(
        "temperature",
        "degrees",
        ("Turned up {}", "Turned down {}"),
        lambda state: _first(state, "temperature"),
        _temperature,
        _degrees,
    ),
}
"""By the slot that holds the step."""


def step_of(slots: Mapping[str, Any]) -> tuple[Scale, float] | None:
    """The scale on which something is to change, and by how much; `None` if nothing is."""
    for slot, scale in SCALES.items():
        if slot in slots:
            said = slots[slot]
            return scale, float(_UNNUMBERED.get(said, said))
    return None
