"""Whether commands go together in one sentence, and what they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.nlu.accounting import OPPOSITES
from assistant.nlu.clauses import Words
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import COMMAND
from assistant.nlu.resolver import Reading
from assistant.nlu.spoken_names import spoken_form

_PLACES = frozenset({"name", "area", "floor", "domain", "device_class"})
_UNITS = frozenset({"by", "to", "percent", "degree", "degrees", "kelvin"})
_CLEAN_AREA = "HassVacuumCleanArea"
_ONE = frozenset({"light", "lamp", "fan", "switch", "blind", "curtain", "door", "lock", "mower"})
_ALL = frozenset({"all", "any", "every", "everything", "everywhere"})
_KINDS_THAT_ARE_VERBS = frozenset({"lock", "switch"})

Found = tuple[Interpretation, ...]


def names_one(words: Sequence[str]) -> bool:
    """Whether the words are about one of a kind: "the door", but not "the doors" or "every door".

    "Lock the doors" and "switch on the lights" begin with a verb.
    """
    kinds = words[1:] if _KINDS_THAT_ARE_VERBS & set(words[:1]) else words
    return not _ONE.isdisjoint(kinds) and _ALL.isdisjoint(words)


def is_unclear(reading: Reading, words: Words) -> bool:
    """Whether one device was asked for and several fit equally."""
    if len(reading.targets) <= 1:
        return False
    if "name" in reading.slots:
        return True
    somewhere = {"area", "floor"} & set(reading.slots)
    return not somewhere and names_one(words)


def is_repeated(found: Found) -> bool:
    """Whether one of the commands is a part of one before: "the kitchen" was "in the kitchen"."""
    for position, later in enumerate(found):
        for earlier in found[:position]:
            again = bool(later.targets) and set(later.targets) <= set(earlier.targets)
            if again and (later.intent, values_of(later)) == (earlier.intent, values_of(earlier)):
                return True
    return False


def are_alike(lead: Interpretation, others: Found, items: Sequence[Words]) -> bool:
    """Whether commands that share words are all for now, or all for later.

    One that has only an amount of its own must do what the first one does. "On and off again in
    five minutes" is not off at the time of on.
    """
    return all(
        (COMMAND in each.slots) == (COMMAND in lead.slots)
        and not _is_undone(lead, each)
        and (each.intent == lead.intent or not _is_amount(item))
        for each, item in zip(others, items, strict=True)
    )


def _is_undone(lead: Interpretation, other: Interpretation) -> bool:
    """Whether two commands for later do opposite things to the same."""
    one, two = (set(str(each.slots.get(COMMAND, "")).split()) for each in (lead, other))
    differing = (one ^ two) - {"again"}
    return bool(differing) and any(differing <= opposite for opposite in OPPOSITES)


def _is_amount(words: Words) -> bool:
    texts = spoken_form(" ".join(words)).split()
    return all(text in _UNITS or text.replace(".", "", 1).isdecimal() for text in texts)


def merged(each: Sequence[Interpretation], text: str) -> Interpretation | None:
    """One command for several devices; none if it is not the same for all."""
    first = each[0]
    slots = values_of(first)
    if len(each) == 1:
        return first
    if any((other.intent, values_of(other)) != (first.intent, slots) for other in each):
        return None
    targets = tuple(target for other in each for target in other.targets)
    confidence = min(other.confidence for other in each)
    return replace(first, text=text, slots=slots, targets=targets, confidence=confidence)


def values_of(meant: Interpretation | Reading) -> Mapping[str, object]:
    """The slots that say what is to be done, not to what; all where no device is meant."""
    places = _PLACES if meant.targets else frozenset[str]()
    if meant.intent == _CLEAN_AREA:
        places -= {"area"}
    return {name: value for name, value in meant.slots.items() if name not in places}
