"""What a home is: areas, devices with state, and a way to change them.

The embedded demo home and Home Assistant implement the same `Home` Protocol; understanding and
plugins know only this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from assistant.errors import HearthError


@dataclass(frozen=True, slots=True)
class Area:
    """A room or another part of the home."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    floor: str | None = None
    floor_aliases: tuple[str, ...] = ()
    """Other names of the floor."""


def area_called(areas: Iterable[Area], said: str | None) -> Area | None:
    """The area of an id or a name, however that is capitalised."""
    wanted = (said or "").casefold()
    for area in areas:
        if wanted in (area.id, area.name.casefold(), *map(str.casefold, area.aliases)):
            return area
    return None


_GATES = frozenset({"door", "garage", "garage_door", "gate"})
_OPENED_BY = {"lock": ("HassTurnOff",), "gate": ("HassTurnOn", "HassSetPosition")}


@dataclass(frozen=True, slots=True)
class Device:
    """Something that can be controlled or asked. `domain` is Home Assistant's word (`light`)."""

    id: str
    name: str
    domain: str
    area_id: str | None = None
    aliases: tuple[str, ...] = ()
    device_class: str | None = None

    @property
    def is_gate(self) -> bool:
        """Whether it is a door or gate that is opened and closed; blinds are none."""
        if self.domain != "cover":
            return False
        if self.device_class:
            return self.device_class in _GATES
        return any(word in self.name.lower() for word in ("door", "gate"))

    def is_opened_by(self, intent: str) -> bool:
        """Whether an intent unlocks or opens it, so that somebody may come in."""
        return intent in _OPENED_BY.get("gate" if self.is_gate else self.domain, ())


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device's state: Home Assistant's state word and attributes."""

    state: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What one attribute of one device was before and after a call."""

    device: str
    attribute: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """What is asked of the home, in Home Assistant's terms: `light.turn_on` with data."""

    domain: str
    service: str
    targets: tuple[str, ...]
    data: Mapping[str, Any] = field(default_factory=dict)


class HomeError(HearthError):
    """The home cannot be reached or refuses; the message says what to do."""


class NotUnderstoodError(HomeError):
    """A home's agent knows nothing of what a sentence is about, and did nothing."""


class Home(Protocol):
    """A home: what is in it, how it is, and how to change it."""

    name: str

    async def connect(self) -> None:
        """Make ready; raises `HomeError`."""

    async def close(self) -> None:
        """Let go of connections."""

    def areas(self) -> Sequence[Area]:
        """The areas known now."""

    def devices(self) -> Sequence[Device]:
        """The devices known now."""

    def contacts(self) -> Sequence[str]:
        """Names of people who can be called or messaged."""

    async def state(self, device_id: str) -> DeviceState:
        """A device's state now; raises `HomeError`."""

    async def call(self, call: ServiceCall) -> Sequence[Change]:
        """Carry out a call and say what changed; raises `HomeError`."""


@runtime_checkable
class Sensing(Protocol):
    """A home that tells at once how some of its entities are, exposed to Assist or not."""

    def follow(self, entity_id: str) -> None:
        """From now on be told of this entity's changes."""

    def sensed(self, entity_id: str) -> DeviceState | None:
        """How an entity that is followed is now; `None` where that is not known."""
