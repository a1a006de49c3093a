"""The states of entities, kept as Home Assistant's compressed stream gives them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assistant.home.model import Change, DeviceState

REPORTED = frozenset(
    {
        *("brightness", "rgb_color", "color_temp_kelvin", "percentage", "current_position"),
        *("temperature", "hvac_mode", "volume_level", "is_volume_muted", "media_title"),
        *("media_content_id", "preset_mode"),
    }
)
"""Attributes whose changes are worth telling."""


class States:
    """All states by entity, and a way to wait for changes."""

    def __init__(self) -> None:
        self._states: dict[str, DeviceState] = {}
        self._changed = asyncio.Event()

    def get(self, entity_id: str) -> DeviceState | None:
        """A state as it is now."""
        return self._states.get(entity_id)

    def clear(self) -> None:
        """Forget all, when the connection is lost."""
        self._states.clear()

    def take(self, event: Mapping[str, Any]) -> None:
        """An event of `subscribe_entities`: `a` added, `c` changed, `r` removed."""
        for entity_id, row in event.get("a", {}).items():
            self._states[entity_id] = DeviceState(str(row["s"]), dict(row.get("a", {})))
        for entity_id, change in event.get("c", {}).items():
            old = self._states.get(entity_id)
            if old is not None:
                self._states[entity_id] = _changed(old, change)
        for entity_id in event.get("r", ()):
            self._states.pop(entity_id, None)
        self._changed.set()

    async def wait_until(self, so: Callable[[], bool], limit_s: float) -> bool:
        """Wait until a condition on the states holds; whether it did within the limit."""
        try:
            async with asyncio.timeout(limit_s):
                while not so():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True


def _changed(old: DeviceState, change: Mapping[str, Any]) -> DeviceState:
    new = change.get("+", {})
    attributes = {**old.attributes, **new.get("a", {})}
    for name in change.get("-", {}).get("a", ()):
        attributes.pop(name, None)
    return DeviceState(str(new.get("s", old.state)), attributes)


def changes(entity_id: str, before: DeviceState, after: DeviceState) -> Iterable[Change]:
    """What is different, as far as it is worth telling."""
    if before.state != after.state:
        yield Change(entity_id, "state", before.state, after.state)
    for name in sorted(REPORTED):
        old, new = before.attributes.get(name), after.attributes.get(name)
        if old != new:
            yield Change(entity_id, name, old, new)
