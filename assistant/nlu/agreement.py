"""Whether commands go together in one sentence, and what they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.nlu.accounting import FUNCTION_WORDS, OPPOSITES, TELLING
from assistant.nlu.amounts import AMOUNT_WORDS
from assistant.nlu.clauses import Words
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.numbers import NUMBER_WORDS
from assistant.nlu.resolver import Reading
from assistant.nlu.spoken_names import spoken_form
from assistant.nlu.times import TIME_WORDS

_PLACES = frozenset({"name", "area", "floor", "domain", "device_class"})
_UNITS = frozenset({"by", "to", "percent", "degree", "degrees", "kelvin"})
_CLEAN_AREA = "HassVacuumCleanArea"
_NO_NAMES = FUNCTION_WORDS | NUMBER_WORDS | AMOUNT_WORDS | TIME_WORDS | TELLING | _UNITS
_STOP = "HearthStop"
_ENDING = frozenset({"HassTurnOff", "HassMediaPause", _STOP})
"""Intents after which what was begun is over."""
_BEGINNING = frozenset(
    {"HassTurnOn", "HassLightSet", "HassMediaUnpause", "HassMediaSearchAndPlay", "HassSetPosition"}
)
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


def contradict(one: Interpretation, other: Interpretation) -> bool:
    """Whether two commands cannot both be done at the same time.

    They do opposite things to the same devices, or set them to different values. "Stop" alone ends
    whatever was begun. A question contradicts nothing.
    """
    intents = {one.intent, other.intent}
    ends = bool(intents & _ENDING) and bool(intents & _BEGINNING)
    if ends and _STOP in intents:
        return True
    if not one.targets or set(one.targets) != set(other.targets):
        return False
    if ends:
        return True
    differing = set(one.text.split()) ^ set(other.text.split())
    if any(len(differing & opposite) > 1 for opposite in OPPOSITES):
        return True
    values, others = values_of(one), values_of(other)
    return one.intent == other.intent and any(
        values[slot] != others[slot] for slot in values.keys() & others.keys()
    )


def names_nothing(words: Sequence[str]) -> bool:
    """Whether words say only how, how much or when: "off at nine", "to eighty percent"."""
    return all(word in _NO_NAMES or word[:1].isdecimal() for word in words)


def is_amount(words: Words) -> bool:
    """Whether words are an amount and nothing else."""
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


def asked(found: Found) -> Found:
    """Commands that are done after a yes to what was understood."""
    said = ", and ".join(each.text for each in found)
    return (replace(found[0], question=f"Did you mean: {said}?"), *found[1:])
