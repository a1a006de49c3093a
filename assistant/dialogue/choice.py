"""Which of some things an answer means: "the bedroom one", "the second", "both", "none"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.home.model import Device, Home
from assistant.nlu.spoken_names import spoken_form, spoken_forms

_IDLE = frozenset(
    {"the", "my", "our", "one", "ones", "in", "on", "at", "of", "please", "i", "mean"}
)
_IDLE_ALONE = _IDLE | {
    *("yes", "yeah", "meant", "want", "that", "it", "is", "make", "just", "only", "take"),
}
_NOUNS = frozenset({"one", "ones"})
"""What stands for what was asked about, at the end of an answer."""
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_IN_TIME = {"earlier": 0, "earliest": 0, "later": -1, "latest": -1}
"""Such words of what is told apart by its time, which is named in that order."""
_CLOCK_TIME = re.compile(r"\b\d+:\d\d$")
_ALL = (
    frozenset({"both"}),
    frozenset({"both", "them"}),
    frozenset({"all"}),
    frozenset({"all", "them"}),
)
_NONE = tuple(map(frozenset, ({"none"}, {"neither"}, {"none", "them"}, {"neither", "them"})))


@dataclass(frozen=True, slots=True)
class Option:
    """Something that may be chosen, by words of its own and of its place."""

    id: str
    names: tuple[frozenset[str], ...]
    """The words of each of its names."""
    place: frozenset[str]
    """The words of the place that it is in."""


class HomeOptions:
    """Knows how the things of a home are told apart."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def of(self, ids: Sequence[str]) -> list[Option]:
        """What may be chosen: devices with their rooms, else what goes by its own name."""
        known = {device.id: device for device in self._home.devices()}
        return [
            option(id_, *self._names(known[id_])) if id_ in known else option(id_, [id_])
            for id_ in ids
        ]

    def _names(self, device: Device) -> tuple[list[str], list[str]]:
        areas = {area.id: area for area in self._home.areas()}
        area = areas.get(device.area_id or "")
        places = [area.name, *area.aliases, area.floor or ""] if area else []
        return [device.name, *device.aliases], places


def option(id_: str, names: Iterable[str], places: Iterable[str] = ()) -> Option:
    """An option by its written names and those of the place that it is in."""
    around = frozenset(word for place in places for word in _words_of(place))
    return Option(id_, tuple(map(_words_of, names)), around)


def chosen(words: Sequence[str], options: Sequence[Option]) -> tuple[str, ...] | None:
    """Ids of the options that some words mean; empty for none of them; `None` where unclear.

    Nothing but the words of one option may be said, with an article or "one" about it.
    """
    words = words[:-1] if words[-1:] and words[-1] in _NOUNS else words
    common = _common(options)
    telling = [_singular(word) for word in words if word not in _IDLE_ALONE]
    kept = frozenset(telling) - common
    if kept in _NONE:
        return ()
    if kept in _ALL:
        return tuple(each.id for each in options)
    of_times = all(_CLOCK_TIME.search(each.id) for each in options)
    ordinals = {**_ORDINALS, **_IN_TIME} if of_times else _ORDINALS
    if len(kept) == 1 and (place := next(iter(kept))) in ordinals:
        at = ordinals[place]
        return (options[at].id,) if at < len(options) else None
    # "One" is a number in "the one minute timer", and none in "the one in the kids room".
    found = _named(words, options) or _named(telling, options)
    return found if found and len(found) < len(options) else None


def _named(words: Iterable[str], options: Sequence[Option]) -> tuple[str, ...]:
    """Ids of the options that are called so, numbers written in digits."""
    read = spoken_form(" ".join(words)).split()
    kept = frozenset(_singular(word) for word in read if word not in _IDLE_ALONE)
    # What has no place, such as timers, is told by the words that not all of them have.
    said = kept if any(each.place for each in options) else kept | _common(options)
    whole = [each.id for each in options if said in each.names]
    found = whole or [
        each.id for each in options if any(kept <= name | each.place for name in each.names)
    ]
    return tuple(found) if kept else ()


def _common(options: Sequence[Option]) -> frozenset[str]:
    """Words that all options have, so that they tell none from another: "timer"."""
    return frozenset.intersection(*(frozenset().union(*each.names) for each in options))


def others(options: Sequence[Option], taken: Iterable[str]) -> tuple[str, ...]:
    """The options that were not taken."""
    gone = frozenset(taken)
    return tuple(each.id for each in options if each.id not in gone)


def _words_of(name: str) -> frozenset[str]:
    return frozenset(
        _singular(word) for form in spoken_forms(name) for word in form.split() if word not in _IDLE
    )


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
