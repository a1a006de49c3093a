"""Whether a reminder has taken another one with it: "call mom at seven and dad".

What a reminder says may be any words, so both have to be told by their times.
"""

from __future__ import annotations

from collections.abc import Callable

from assistant.nlu.agreement import names_nothing
from assistant.nlu.clauses import Words
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import REMINDER, UNCLEAR
from assistant.nlu.resolver import Reading

_AND = "and"
REMIND: Words = ("remind", "me")
REMIND_TO: Words = (*REMIND, "to")

Read = Callable[[str], Reading | None]
"""What a text means by its very words."""


def holds_another(read: Read, said: Words) -> bool:
    """Whether a reminder's sentence holds two, each with a time of its own."""
    ands = [at for at, word in enumerate(said) if word == _AND]
    if not ands:
        return False
    last = said[ands[-1] + 1 :]
    firsts = (first for at in ands if (first := _timed(read, said[:at])))
    return bool(last) and any(_is_another(read, first, last) for first in firsts)


def _is_another(read: Read, first: Reading, words: Words) -> bool:
    """Whether words are a reminder with a time after a first one, if by its words."""
    ways = [words, (*REMIND, *words)]
    if not first.text.endswith(str(first.slots[REMINDER])):
        ways.append((*REMIND_TO, *words))
        if names_nothing(words):
            ways += at_times(first, words)
    return any(_timed(read, way) for way in ways)


def _timed(read: Read, words: Words) -> Reading | None:
    reading = read(" ".join(words))
    return reading if reading and is_timed(reading) else None


def is_timed(meant: Reading | Interpretation) -> bool:
    """Whether it is a reminder whose time is clear."""
    return REMINDER in meant.slots and UNCLEAR not in meant.slots


def said_in(meant: Reading | Interpretation) -> Words:
    """What a reminder says."""
    return tuple(str(meant.slots[REMINDER]).split())


def at_times(first: Reading | Interpretation, when: Words) -> list[Words]:
    """The ways to say the same reminder for another time."""
    said = (*REMIND_TO, *said_in(first))
    return [(*said, *when), (*said, "at", *when)]
