"""Small words that a wildcard has swallowed: "cancel the pizza so timer" means no "pizza so".

A timer's name may be any words and so takes whatever is said too much. A sentence without the small
word is better where it then needs fewer words of any kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.nlu.accounting import EMPTY
from assistant.nlu.resolver import Reading

_NEVER_LAST = frozenset({"a", "an", "the", "and", "so", "then"})
"""Words with which no item of a list ends."""


def without_swallowed(words: Sequence[str], reading: Reading) -> Iterator[tuple[list[str], int]]:
    """The words without one that the reading's wildcard may have swallowed.

    With each, how many words wildcards may take then at the most. A word within a name is one of
    it, unless the name was no name at all.
    """
    slot = _wildcard(reading)
    taken = str(reading.slots.get(slot, "")).split() if reading.free_words else []
    start = _position(words, taken)
    for offset, word in enumerate(taken):
        is_first, is_last = offset == 0, offset == len(taken) - 1
        if word in EMPTY and (slot == "name" or (is_last and word in _NEVER_LAST)):
            fewer = 1 if is_first or is_last else 2
            at = start + offset
            yield [*words[:at], *words[at + 1 :]], reading.free_words - fewer


def _wildcard(reading: Reading) -> str:
    return "name" if "Timer" in reading.intent else "item"


def _position(words: Sequence[str], part: Sequence[str]) -> int:
    """Where some words begin among others; the last place, as a name stands late."""
    places = range(len(words) - len(part), -1, -1)
    return next((at for at in places if list(words[at : at + len(part)]) == list(part)), 0)
