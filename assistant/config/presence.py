"""The settings of what tells that somebody is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from assistant.config.limits import SettingError

KINDS = ("binary_sensor", "input_boolean", "group", "person", "device_tracker")
"""Entities that are on, or at home."""
_ENTITY = re.compile(rf"({'|'.join(KINDS)})\.(?!_)(?!.*__)[a-z0-9_]+(?<!_)")
"""What Home Assistant takes for the name of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceSettings:
    """A sensor of the home and a camera; either may be left out."""

    entity: str | None = None
    camera: Path | None = None

    def __post_init__(self) -> None:
        if self.entity is not None and not _ENTITY.fullmatch(self.entity):
            kinds = ", ".join(KINDS)
            raise SettingError(
                f"'{self.entity}' must be an entity of {kinds} as Home Assistant writes it, such "
                "as binary_sensor.kitchen_occupancy",
                "entity",
            )
