"""The names of a home: areas, floors, devices and people, and where a sentence mentions them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import process

from assistant.home.model import Area, Device
from assistant.nlu.phonetics import similarity
from assistant.nlu.spoken_names import spoken_form, spoken_forms

_IMPLIED_QUALITY = 0.97
_GARAGE = "garage"
"""The class of a cover that is called after what it closes."""
_LONG_WORD = 6
_LIKENESS = 0.55
"""Of a long word to one of the name's; unlike words reach 0.52."""


class NameKind(StrEnum):
    """What a name stands for; the values are the slot lists of the sentence templates."""

    AREA = "area"
    FLOOR = "floor"
    DEVICE = "name"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class NameEntry:
    """Something that a spoken name stands for. `quality` is below 1 for names we made up."""

    kind: NameKind
    id: str
    label: str
    domain: str = ""
    area_id: str | None = None
    quality: float = 1.0


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Names as spoken (normalised), and what each stands for."""

    entries: Mapping[str, tuple[NameEntry, ...]]
    words: frozenset[str]
    """Every word of every name."""
    rests: Mapping[str, tuple[str, ...]]
    """Every proper beginning of a name, and what may follow: "room" after "living"."""
    longest: int
    by_kind: Mapping[NameKind, Mapping[str, None]] = field(default_factory=dict)

    def mentions(self, words: Sequence[str]) -> dict[NameKind, set[str]]:
        """The names that occur in the words, by kind; overlapping ones included."""
        found: dict[NameKind, set[str]] = {kind: set() for kind in NameKind}
        for start in range(len(words)):
            for end in range(start + 1, min(len(words), start + self.longest) + 1):
                text = " ".join(words[start:end])
                for named in self.entries.get(text, ()):
                    found[named.kind].add(text)
        return found

    def near(self, text: str, kind: NameKind, cutoff: float, limit: int) -> list[tuple[str, float]]:
        """The names nearest to `text`, with their similarity (0 to 1), best first."""
        matches = process.extract(
            text,
            self.by_kind.get(kind, {}).keys(),
            scorer=_phrase_similarity,
            score_cutoff=cutoff,
            limit=limit,
        )
        return [(name, score) for name, score, _ in matches]


def _phrase_similarity(said: str, meant: str, *, score_cutoff: float | None = None) -> float:
    """Similarity of two phrases: of their letters as one word, since word ends are misheard too."""
    cutoff = score_cutoff or 0.0
    longer = max(len(said), len(meant))
    if 2 * min(len(said), len(meant)) < cutoff * (len(said) + len(meant)) or not longer:
        return 0.0
    score = similarity(said.replace(" ", ""), meant.replace(" ", "")) * _share_found(said, meant)
    return score if score >= cutoff else 0.0


def _share_found(said: str, meant: str) -> float:
    """How much of what was said is like something in the name, by letters.

    An "orange kitchen chandelier" is not the "orange kitchen heater", though most letters agree.
    """
    words = said.split()
    found = sum(len(word) for word in words if _occurs(word, meant))
    return found / sum(map(len, words))


@lru_cache(maxsize=16_384)
def _occurs(word: str, meant: str) -> bool:
    """Whether a word is like one of the name's, or like two that follow each other."""
    words = meant.split()
    pairs = (one + other for one, other in pairwise(words))
    return len(word) < _LONG_WORD or any(
        similarity(word, part) >= _LIKENESS for part in (*words, *pairs)
    )


def build_index(
    areas: Sequence[Area], devices: Sequence[Device], contacts: Sequence[str]
) -> NameIndex:
    """Index a home's names and aliases, and the short names that areas imply.

    "Bedroom reading lamp" in the bedroom is also "reading lamp", unless a device is called that;
    Anna Kelly is also Kelly, unless somebody or something else is called that.
    """
    entries: dict[str, list[NameEntry]] = {}
    for text, named in _given_names(areas, devices, contacts):
        if text and named not in entries.setdefault(text, []):
            entries[text].append(named)
    surnames = [each for each in _surnames(contacts) if each[0] and each[0] not in entries]
    for text, named in surnames:
        entries.setdefault(text, []).append(named)
    area_names = {area.id: (area.name, *area.aliases) for area in areas}
    shared = {text for text, named in entries.items() if len(named) > 1}
    implied = (*_implied_names(devices, area_names), *_placed_names(devices, area_names, shared))
    for text, named in implied:
        taken = any(
            known.quality == 1.0 and known.kind is named.kind for known in entries.get(text, ())
        )
        if not taken:
            entries.setdefault(text, []).append(named)
    return _index({text: tuple(names) for text, names in entries.items()})


def _index(entries: Mapping[str, tuple[NameEntry, ...]]) -> NameIndex:
    split = {text: text.split() for text in entries}
    by_kind: dict[NameKind, dict[str, None]] = {}
    for text, names in entries.items():
        for named in names:
            by_kind.setdefault(named.kind, {})[text] = None
    rests: dict[str, list[str]] = {}
    for words in split.values():
        for count in range(1, len(words)):
            rests.setdefault(" ".join(words[:count]), []).append(" ".join(words[count:]))
    return NameIndex(
        entries=entries,
        words=frozenset(word for words in split.values() for word in words),
        rests={begin: tuple(dict.fromkeys(found)) for begin, found in rests.items()},
        longest=max(map(len, split.values()), default=0),
        by_kind=by_kind,
    )


def _given_names(
    areas: Iterable[Area], devices: Iterable[Device], contacts: Iterable[str]
) -> Iterator[tuple[str, NameEntry]]:
    for area in areas:
        for name in _all_forms(area.name, *area.aliases):
            yield name, NameEntry(NameKind.AREA, area.id, area.name)
        if area.floor:
            named = NameEntry(NameKind.FLOOR, area.floor, area.floor)
            yield from ((said, named) for said in _floor_names(area.floor, *area.floor_aliases))
    for device in devices:
        named = NameEntry(NameKind.DEVICE, device.id, device.name, device.domain, device.area_id)
        for name in _all_forms(device.name, *device.aliases):
            yield name, named
    for contact in contacts:
        for way in _written_ways(contact):
            yield spoken_form(way), NameEntry(NameKind.CONTACT, contact, contact)
        for name in _first_names(contact):
            yield name, _person(contact)


def _first_names(contact: str) -> dict[str, None]:
    """What people are called by: "Jean-Luc Picard" is Jean, and Jean Luc."""
    whole = spoken_form(contact).split()
    written = spoken_form(" ".join(contact.split()[:1]))
    return dict.fromkeys((" ".join(whole[:1]), written))


def _surnames(contacts: Iterable[str]) -> Iterator[tuple[str, NameEntry]]:
    """The last of several names of a person, and for "O'Brien" also "o brien"."""
    for contact in contacts:
        last = "".join(contact.split()[1:][-1:])
        for way in _written_ways(last) if last else ():
            yield spoken_form(way), _person(contact)


def _written_ways(name: str) -> dict[str, None]:
    return dict.fromkeys((name, name.replace("'", " ").replace("\u2019", " ")))


def _person(contact: str) -> NameEntry:
    return NameEntry(NameKind.CONTACT, contact, contact, quality=_IMPLIED_QUALITY)


def _all_forms(*names: str) -> Iterator[str]:
    return (form for name in names for form in spoken_forms(name))


def _floor_names(*names: str) -> Iterator[str]:
    for whole in _all_forms(*names):
        # Some templates say "floor" themselves, others leave it to the name.
        yield whole
        yield whole.removesuffix(" floor")


def _implied_names(
    devices: Iterable[Device], area_names: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, NameEntry]]:
    """Names without the area that they begin with, and "the garage" for its door."""
    for device in devices:
        forms = list(_all_forms(device.name, *device.aliases))
        areas = [spoken_form(area) for area in area_names.get(device.area_id or "", ())]
        short = [text.removeprefix(f"{area} ") for area in areas for text in forms]
        if device.device_class == _GARAGE:
            short += [text.removesuffix(" door") for text in forms]
        for text in short:
            if text not in forms and text not in GENERIC_NAMES:
                yield text, _implied(device)


def _placed_names(
    devices: Iterable[Device], area_names: Mapping[str, tuple[str, ...]], shared: AbstractSet[str]
) -> Iterator[tuple[str, NameEntry]]:
    """Names that several devices share, with the area that tells them apart."""
    for device in devices:
        areas = [spoken_form(area) for area in area_names.get(device.area_id or "", ())]
        for text in shared & {*_all_forms(device.name, *device.aliases)}:
            for area in areas:
                for placed in (f"{area} {text}", f"{text} in {area}", f"{text} in the {area}"):
                    yield placed, _implied(device)


def _implied(device: Device) -> NameEntry:
    name, area = device.name, device.area_id
    return NameEntry(NameKind.DEVICE, device.id, name, device.domain, area, _IMPLIED_QUALITY)


GENERIC_NAMES = frozenset(
    {
        "light",
        "lights",
        "lamp",
        "lamps",
        "fan",
        "fans",
        "switch",
        "blind",
        "blinds",
        "curtain",
        "curtains",
        "shade",
        "shades",
        "shutter",
        "shutters",
        "door",
        "doors",
        "window",
        "windows",
        "gate",
        "speaker",
        "music",
        "temperature",
        "brightness",
        "volume",
    }
)
"""Words that a template reads as a kind of device; "the light" is no device's short name."""
