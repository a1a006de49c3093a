"""What entities should be like after a service was called."""

from __future__ import annotations

from collections.abc import Callable

from assistant.home.model import DeviceState, ServiceCall

Wanted = Callable[[DeviceState], bool]

_STATES: dict[str, tuple[str, ...]] = {
    "cover.open_cover": ("open", "opening"),
    "cover.close_cover": ("closed", "closing"),
    "fan.turn_on": ("on",),
    "fan.turn_off": ("off",),
    "input_boolean.turn_on": ("on",),
    "input_boolean.turn_off": ("off",),
    "light.turn_off": ("off",),
    "light.turn_on": ("on",),
    "lock.lock": ("locked", "locking"),
    "lock.unlock": ("unlocked", "unlocking", "open", "opening"),
    "media_player.media_pause": ("paused", "idle", "on", "off", "standby"),
    "media_player.turn_off": ("off", "standby", "idle"),
    "switch.turn_off": ("off",),
    "switch.turn_on": ("on",),
    "vacuum.return_to_base": ("returning", "docked"),
    "vacuum.start": ("cleaning",),
    "valve.close_valve": ("closed", "closing"),
    "valve.open_valve": ("open", "opening"),
}


def expected(call: ServiceCall) -> Wanted | None:
    """A test of each target's state; `None` where any outcome may be right."""
    name = f"{call.domain}.{call.service}"
    if name == "light.turn_on" and call.data.get("brightness_pct") == 0:
        name = "light.turn_off"
    if name == "light.turn_on" and "brightness_step_pct" in call.data:
        return None  # down from little is off
    if name == "climate.set_temperature":
        degrees = call.data.get("temperature")
        return lambda state: state.attributes.get("temperature") == degrees
    states = _STATES.get(name)
    return None if states is None else lambda state: state.state in states
