"""What has volumes: the `Mixer` Protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from assistant.errors import HearthError


class MixerError(HearthError):
    """Volumes cannot be had or set; the message says why."""


class Mixer(Protocol):
    """Sets the volumes of what plays. An id means the same thing after a restart of Hearth."""

    name: str

    async def playing(self) -> Mapping[str, float]:
        """Volume (0 to 1, or above) of each thing that plays now; raises `MixerError`."""

    async def volume(self, id_: str) -> float | None:
        """A thing's volume now, `None` if it is gone; raises `MixerError`."""

    async def set(self, id_: str, volume: float) -> None:
        """Set a thing's volume; raises `MixerError`."""
