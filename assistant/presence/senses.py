"""What is known of who is there besides what is heard.

A sensor of the home says whether somebody is in the room, a camera whether somebody faces the
device. Either may be missing or fail; then nothing is known, and all goes on as without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.events import Event, Reply, WakeDetected
from assistant.presence.camera import Camera
from assistant.presence.sensor import HomeSensor


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of who is there; `None`: nothing is."""

    somebody: bool | None = None
    """Whether somebody is in the room."""
    facing: bool | None = None
    """Whether somebody faces the device."""


class Presence(Protocol):
    """Tells who is there. What it says is at hand: it may be asked for every frame of audio."""

    @property
    def looks(self) -> bool:
        """Whether it may ever say who faces the device."""

    def seen(self) -> Seen:
        """What is known now."""

    def follow(self, event: Event) -> None:
        """Is told of every event: after some of them it may be asked soon."""

    def rest(self) -> None:
        """It is not asked for now."""


class Unknown:
    """A `Presence` that nothing is known by."""

    looks = False

    def seen(self) -> Seen:
        """Nothing is known."""
        return Seen()

    def follow(self, event: Event) -> None:
        """Nothing to make ready."""

    def rest(self) -> None:
        """Nothing to end."""


class SeenWhile:
    """Who was there while something was said, by what was seen for most of it."""

    def __init__(self) -> None:
        self._somebody: list[bool] = []
        self._facing: list[bool] = []

    def note(self, seen: Seen) -> None:
        """Who is there now; call it in equal steps of time."""
        if seen.somebody is not None:
            self._somebody.append(seen.somebody)
        if seen.facing is not None:
            self._facing.append(seen.facing)

    @property
    def seen(self) -> Seen:
        """Who was there."""
        return Seen(_mostly(self._somebody), _mostly(self._facing))


def _mostly(noted: Sequence[bool]) -> bool | None:
    return 2 * sum(noted) >= len(noted) if noted else None


@dataclass(frozen=True, slots=True)
class Senses:
    """A `Presence` by a sensor of the home, a camera, or both."""

    sensor: HomeSensor | None = None
    camera: Camera | None = None

    @property
    def looks(self) -> bool:
        """A camera sees faces."""
        return self.camera is not None

    def seen(self) -> Seen:
        """What is known now; whoever is seen is there, whatever the sensor says."""
        facing = self.camera.facing if self.camera else None
        if facing:
            return Seen(somebody=True, facing=True)
        return Seen(self.sensor.somebody if self.sensor else None, facing)

    def follow(self, event: Event) -> None:
        """The camera looks from the wake word, or from a reply, on."""
        if self.camera and isinstance(event, WakeDetected | Reply):
            self.camera.watch()

    def rest(self) -> None:
        """The camera looks no more."""
        if self.camera:
            self.camera.rest()

    def begin(self, home: object) -> None:
        """The sensor is one of this home's."""
        if self.sensor:
            self.sensor.begin(home)

    async def run(self) -> None:
        """Look where that is asked for, until cancelled."""
        if self.camera:
            await self.camera.run()
