"""From a template's match to what it means in this home: devices, and slots for people to read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.home.model import Area, Device, area_called
from assistant.nlu.names import NameEntry, NameIndex, NameKind
from assistant.nlu.parse import (
    BUILT_IN,
    COMMAND,
    DID_YOU_MEAN,
    REMINDER,
    UNKNOWN_NAME,
    Parse,
    Source,
)
from assistant.nlu.spoken_names import spoken_form

_INTENT_DOMAINS: Mapping[str, tuple[str, ...]] = {
    "HassClimateSetTemperature": ("climate",),
    "HassClimateGetTemperature": ("climate", "sensor"),
    "HassFanSetSpeed": ("fan",),
    "HassMedia": ("media_player",),
    "HassStopMoving": ("cover",),
    "HearthClimateSetMode": ("climate",),
    "HearthWhatIsPlaying": ("media_player",),
    "HassSetVolume": ("media_player",),
    "HassVacuum": ("vacuum",),
    "HassLawnMower": ("lawn_mower",),
    "HassGetWeather": ("weather",),
    "HassSetPosition": ("cover",),
    "HassLightSet": ("light",),
    "HassShoppingList": ("todo",),
}
"""Domains that an intent means when the sentence names none; keys are beginnings of intents."""

_SWITCHABLE = ("light", "switch", "fan", "media_player")
_SWITCHING = ("HassTurnOn", "HassTurnOff")
_WILDCARD_QUALITY = 0.92
_LONG_WILDCARD_QUALITY = 0.55
_LONG_WILDCARD_WORDS = 6
_NO_DEVICE_QUALITY = 0.6
_UNKNOWN_NAME_QUALITY = 0.4
_AMBIGUOUS_QUALITY = 0.8
_SHOPPING_LIST = "shopping list"


@dataclass(frozen=True, slots=True)
class Reading:
    """A meaning of one text. `quality` (0 to 1) says how well the words fit it."""

    intent: str
    slots: Mapping[str, Any]
    targets: tuple[str, ...]
    quality: float
    text: str
    matched: int = 0
    free_words: int = 0
    unknown: bool = False
    """Whether it names a device that the home does not have."""
    did_you_mean: str = ""
    """What to ask first, where the words may mean something else."""
    source: Source = BUILT_IN
    """The template that it was read by."""

    @property
    def rank(self) -> tuple[float | bool, ...]:
        """Sorts readings of one text, best last.

        By quality; a sentence of the user's own; few words taken by wildcards; a device's name
        rather than a kind of device; the intent made for the shopping list rather than the one for
        any list; much matched.
        """
        named = "name" in self.slots and bool(self.targets)
        for_shopping = self.intent.startswith("HassShoppingList")
        own = bool(self.source.file)
        words = -self.free_words
        return self.quality, own, words, named or for_shopping, for_shopping, self.matched


class Resolver:
    """Finds the devices that a parse means.

    `own_area` is the id or a name of the area where the assistant stands, if known.
    """

    def __init__(
        self,
        areas: Sequence[Area],
        devices: Sequence[Device],
        index: NameIndex,
        own_area: str | None = None,
    ) -> None:
        self._areas = {area.id: area for area in areas}
        self._devices = devices
        self._index = index
        own = area_called(areas, own_area)
        self._own_area = own.id if own else None
        named = (each for names in index.entries.values() for each in names)
        self._by_id = {(each.kind, each.id): each for each in named if each.quality == 1.0}

    def resolve(self, parse: Parse, text: str, spoken: Callable[[str], str]) -> Reading | None:
        """The meaning of `parse`, or None where the home has no such combination of names.

        `spoken` gives the words that were said for a piece of text, for the slots that take any;
        each of them takes some.
        """
        parse = self._as_spoken(parse)
        taken = {slot: spoken(said) for slot, said in parse.wildcards.items()}
        if not all(taken.values()):
            return None  # of a time of day, which was said as a whole
        slots = dict(parse.slots) | taken
        unknown = UNKNOWN_NAME in slots
        quality = _UNKNOWN_NAME_QUALITY if unknown else _quality(parse)
        targets: tuple[str, ...] = ()
        if not unknown:
            found = self._targets(parse, text)
            if found is None:
                return None
            targets, name_quality = found
            quality *= name_quality
        slots = _plain(self._labelled(slots, parse, targets))
        did_you_mean = _filled(str(slots.pop(DID_YOU_MEAN, "")), slots)
        return Reading(
            intent=parse.intent,
            slots=slots,
            targets=targets,
            quality=quality,
            text=text,
            matched=parse.matched,
            free_words=parse.free_words,
            unknown=unknown,
            did_you_mean=did_you_mean,
            source=parse.source,
        )

    def _as_spoken(self, parse: Parse) -> Parse:
        """Names that the template itself gives, as people say them."""
        names = {
            kind.value: spoken_form(str(parse.slots[kind]))
            for kind in NameKind
            if kind in parse.fixed and (kind, parse.slots[kind]) not in self._by_id
        }
        if self._any_name(parse):
            names.pop("name", None)
        return replace(parse, slots={**parse.slots, **names}) if names else parse

    def _any_name(self, parse: Parse) -> bool:
        """Whether a name that the template gives is no device's: a timer's, or a plugin's."""
        if "name" not in parse.fixed or "Timer" in parse.intent:
            return "name" in parse.fixed
        said = spoken_form(str(parse.slots["name"]))
        return not (parse.intent.startswith("Hass") or self._entries(said, NameKind.DEVICE))

    def _targets(self, parse: Parse, text: str) -> tuple[tuple[str, ...], float] | None:
        if "name" in parse.slots and "name" not in parse.wildcards:
            return ((), 1.0) if self._any_name(parse) else self._named(parse)
        contact = parse.slots.get(NameKind.CONTACT)
        if isinstance(contact, str):
            return tuple(sorted({n.id for n in self._entries(contact, NameKind.CONTACT)})), 1.0
        domains = _domains(parse)
        if not domains:
            return (), 1.0
        meant = self._meant(parse, domains, text)
        quality = 1.0 if meant else _NO_DEVICE_QUALITY
        return tuple(device.id for device in meant), quality

    def _named(self, parse: Parse) -> tuple[tuple[str, ...], float] | None:
        """Devices of the name in the slots; several where the name is ambiguous."""
        entries = [
            named
            for named in self._entries(str(parse.slots["name"]), NameKind.DEVICE)
            if parse.domain in {None, named.domain}
        ]
        places = self._places(parse)
        if places is not None:
            entries = [named for named in entries if named.area_id in places]
        if not entries:
            return None
        best = max(named.quality for named in entries)
        entries = [named for named in entries if named.quality == best]
        near = [named for named in entries if named.area_id and named.area_id == self._own_area]
        meant = tuple(named.id for named in near or entries)
        return meant, best * (_AMBIGUOUS_QUALITY if len(meant) > 1 else 1.0)

    def _meant(self, parse: Parse, domains: Iterable[str], text: str) -> list[Device]:
        """Devices of a kind in an area, on a floor, near the assistant, or anywhere."""
        places = None if parse.intent == "HassVacuumCleanArea" else self._places(parse)
        device_class = parse.slots.get("device_class")
        for domain in domains:
            meant = [
                device
                for device in self._devices
                if device.domain == domain
                and (places is None or device.area_id in places)
                and (not device_class or _is_of_class(device, str(device_class)))
                and _answers(device, parse.intent)
            ]
            meant = _lamps(meant, text)
            near = [device for device in meant if device.area_id == self._own_area]
            if meant and domains == _SWITCHABLE:
                known = {device.id for device in meant}
                meant += [
                    device
                    for device in self._devices
                    if device.domain in _SWITCHABLE
                    and device.id not in known
                    and (places is None or device.area_id in places)
                ]
            if meant:
                return near if near and places is None and not _everywhere(text) else meant
        return []

    def _places(self, parse: Parse) -> set[str] | None:
        """Ids of the areas that the sentence limits itself to; None for no limit."""
        if isinstance(area := parse.slots.get("area"), str) and area:
            return {named.id for named in self._entries(area, NameKind.AREA)}
        if isinstance(floor := parse.slots.get("floor"), str):
            floors = {named.id for named in self._entries(floor, NameKind.FLOOR)}
            return {area.id for area in self._areas.values() if area.floor in floors}
        return None

    def _entries(self, text: str, kind: NameKind) -> list[NameEntry]:
        found = [named for named in self._index.entries.get(text, ()) if named.kind == kind]
        by_id = self._by_id.get((kind, text))
        return found or ([by_id] if by_id else [])

    def _labelled(
        self, slots: Mapping[str, Any], parse: Parse, targets: Sequence[str]
    ) -> dict[str, Any]:
        """Slots with names as the home writes them instead of as they were said."""
        labels = dict(slots)
        for kind in NameKind:
            said = slots.get(kind.value)
            if kind.value in parse.wildcards or not isinstance(said, str):
                continue
            for named in self._entries(said, kind):
                if kind is not NameKind.DEVICE or named.id in targets:
                    labels[kind.value] = named.label
                    break
        return labels


def _quality(parse: Parse) -> float:
    if not parse.wildcards:
        return 1.0
    # A command for later, which has to be one by itself, and a reminder may be long.
    short = [said for slot, said in parse.wildcards.items() if slot not in {COMMAND, REMINDER}]
    too_long = sum(len(said.split()) for said in short) > _LONG_WILDCARD_WORDS * len(short)
    return _LONG_WILDCARD_QUALITY if too_long else _WILDCARD_QUALITY


def _domains(parse: Parse) -> tuple[str, ...]:
    given = parse.slots.get("domain")
    if given == "all":
        return _SWITCHABLE
    if isinstance(given, str):
        return (given,)
    if parse.source.file and parse.intent in _SWITCHING and {"area", "floor"} & parse.slots.keys():
        return _SWITCHABLE
    for beginning, domains in _INTENT_DOMAINS.items():
        if parse.intent.startswith(beginning):
            return domains
    return ()


def _is_of_class(device: Device, device_class: str) -> bool:
    """By its class, or by its name where the home gives no class."""
    if device.device_class:
        return device.device_class == device_class
    return device_class in spoken_form(device.name)


def _answers(device: Device, intent: str) -> bool:
    if intent == "HassClimateGetTemperature" and device.domain == "sensor":
        return device.device_class == "temperature"
    if intent.startswith("HassShoppingList"):
        return spoken_form(device.name) == _SHOPPING_LIST
    return True


def _lamps(devices: list[Device], text: str) -> list[Device]:
    """Where "lamp" is said, the devices called lamps, if some are."""
    if " lamp" not in text:
        return devices
    return [device for device in devices if "lamp" in device.name.lower()] or devices


def _everywhere(text: str) -> bool:
    return bool({"all", "every", "everywhere", "everything"} & set(text.split()))


def _filled(text: str, slots: Mapping[str, Any]) -> str:
    """A text with the values of the slots that stand in it: `add {item} to the list`."""
    for slot, value in slots.items():
        text = text.replace(f"{{{slot}}}", str(value))
    return text


def _plain(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Whole numbers as integers; slots that say nothing left out."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in slots.items()
        if value not in {None, ""}
    }
