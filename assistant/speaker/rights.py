"""What whose voice may do: `people` in the configuration, see docs/people.md.

A voice is no key. Rights keep children and visitors from what they should leave alone; they do
not keep out whoever plays a recording of somebody else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.home.model import Area, Device, Home
from assistant.speaker.heard import HeardVoice

GUEST = "guest"
"""The name in the settings that stands for everyone whose voice is not known."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What is denied to whom.

    A guest is denied all that anybody is. So is whom the settings do not name, and whoever cannot
    be told: nobody gets more by keeping quiet about who they are.
    """

    denied: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By name: kinds of devices, devices, rooms, plugins, or intents."""
    home: Home | None = None

    @property
    def in_force(self) -> bool:
        """Whether anything is denied to anyone."""
        return any(self.denied.values())

    def of(self, name: str | None) -> frozenset[str]:
        """All that is denied to somebody, as it is compared."""
        named = {each.casefold(): words for each, words in self.denied.items()}
        own = None if name is None or name.casefold() == GUEST else named.get(name.casefold())
        words = [word for each in named.values() for word in each] if own is None else own
        return frozenset(map(_singular, words))

    def refusal(
        self,
        speaker: HeardVoice | None,
        targets: Collection[str],
        intent: str | None,
        plugin: str | None,
        least: float = 0.0,
    ) -> str:
        """What to say to who may not do it; empty where they may.

        `intent` of `None`: nobody here knows what is meant, and it would be handed on. Whose voice
        is less probable than `least` counts as a guest.
        """
        likely = speaker.name if speaker else None
        name = likely if speaker and speaker.probability >= least else None
        denied = self.of(name)
        if not denied:
            return ""
        kinds = {_singular(each) for each in (intent, plugin) if each}
        kinds |= {kind for target in targets for kind in self._kinds(target)}
        if intent is not None and not kinds & denied:
            return ""
        if name is None and likely is not None:
            return f"I am not sure enough that it is you, {likely}, so I may not do that."
        if name is None:
            return "I do not know your voice, so I may not do that."
        return f"Sorry, {name}, that is not allowed for you."

    def may_be_learned_by_voice(self, name: str) -> bool:
        """Whether a new voice of this name may do no more than a guest."""
        return not self.in_force or self.of(name) >= self.of(None)

    def unknown(self, plugins: Collection[str], intents: Collection[str]) -> list[str]:
        """Words that name nothing in this home, so they deny nothing."""
        home = self.home
        known = {_singular(each) for each in (*plugins, *intents)}
        if home is not None:
            areas = {area.id: area for area in home.areas()}
            known |= {kind for device in home.devices() for kind in _kinds_of(device, areas)}
            known |= {each for area in areas.values() for each in _names(area)}
        words = [word for each in self.denied.values() for word in each]
        return sorted({word for word in words if _singular(word) not in known})

    def _kinds(self, target: str) -> Iterator[str]:
        """All words for a device."""
        yield from _kinds_by_id(target)
        if self.home is None:
            return
        areas = {area.id: area for area in self.home.areas()}
        for device in self.home.devices():
            if device.id == target:
                yield from _kinds_of(device, areas)


def _kinds_by_id(target: str) -> tuple[str, str]:
    return _singular(target), _singular(target.partition(".")[0])


def _kinds_of(device: Device, areas: Mapping[str, Area]) -> Iterator[str]:
    yield from _kinds_by_id(device.id)
    yield _singular(device.domain)
    yield _singular(device.device_class or device.domain)
    yield from _names(device)
    if area := areas.get(device.area_id or ""):
        yield from _names(area)


def _names(named: Device | Area) -> Iterator[str]:
    yield from map(_singular, (named.id, named.name, *named.aliases))


def _singular(word: str) -> str:
    """As words are compared: `Locks` is `lock`."""
    return " ".join(word.replace("_", " ").casefold().split()).removesuffix("s")
