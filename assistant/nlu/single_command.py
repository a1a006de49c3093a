"""What single commands mean by their very words, for those that are parts of a sentence."""

from __future__ import annotations

from dataclasses import replace

from assistant.nlu.accounting import FUNCTION_WORDS, LEADING_WORDS
from assistant.nlu.agreement import is_unclear, merged, names_nothing
from assistant.nlu.clauses import VERBS, Words
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import COMMAND
from assistant.nlu.resolver import Reading
from assistant.nlu.sentence_parser import SentenceParser

_JOINING = frozenset({"and", "or"})
_NO_NAME_BEGINS = LEADING_WORDS | {"another", "one"}
_CERTAIN = 0.7
"""A reading of less quality has no device, or took too many words for a name."""
_BOTH, _TWO = "both", 2


class SingleCommands:
    """Understands single commands with a parser, where they are certain.

    `unclear`: also those about one device of which several fit equally, as it is asked which.
    """

    def __init__(self, parser: SentenceParser, *, unclear: bool = False) -> None:
        self.parser = parser
        self._unclear = unclear

    def reading(self, words: Words) -> Reading | None:
        """The meaning of a command, if it is certain which device is meant."""
        best = self._best(words)
        if best is None or best.unknown or best.did_you_mean or best.quality < _CERTAIN:
            return None
        return best

    def exact(self, words: Words, *, free: bool = True) -> Interpretation | None:
        """As `reading`, unless several devices fit equally. `free`: whether words may be anything.

        Those of a command that is to be carried out later may always be.
        """
        if _BOTH in words and (found := self._both(words)):
            return found
        reading = self.reading(words) if words else None
        if reading is None or (is_unclear(reading, words) and not self._unclear):
            return None
        if reading.free_words and not free and COMMAND not in reading.slots:
            return None
        if self.parser.tighter(words, reading):
            return None
        return interpretation_of(reading)

    def _both(self, words: Words) -> Interpretation | None:
        """A command for both devices of a kind: for all of them, where there are two.

        Or for both that have one name, which is said in the plural then.
        """
        at = words.index(_BOTH)
        before, after = words[:at], words[at + 1 :]
        meant = self.exact((*before, "all", *after), free=False)
        found = meant or self._of_one_name(before, after, " ".join(words))
        return found if found and len(self.when_due(found).targets) == _TWO else None

    def _of_one_name(self, before: Words, after: Words, text: str) -> Interpretation | None:
        """A command for all devices of the name that is said in the plural after some words."""
        for at, word in enumerate(after):
            one = (*after[:at], word.removesuffix("s"), *after[at + 1 :])
            reading = self.reading((*before, *one)) if one != after else None
            if reading and "name" in reading.slots:
                meant = interpretation_of(reading)
                each = [replace(meant, targets=(target,)) for target in reading.targets]
                return merged(each, text) if each else None
        return None

    def when_due(self, meant: Interpretation) -> Interpretation:
        """What is done at its time, of a command for later; itself if it is for now."""
        later = self.exact(tuple(str(meant.slots.get(COMMAND, "")).split()))
        return later or meant

    def borrowing(self, before: Words, item: Words, after: Words) -> Interpretation | None:
        """A command that was put together; what may be anything is only an item or a timer's name.

        That is all from the words in the middle, or from those around them.
        """
        words = (*before, *item, *after)
        if meant := self.exact(words, free=False):
            return meant
        listed = self.exact(words)
        if listed and "Timer" in (listed.intent or ""):
            return listed if _names_timer(listed, item) else None
        said = str(listed.slots.get("item", "")).split() if listed else []
        is_item = set(said) <= set(item) - {"to", "list"} and item[0] not in VERBS
        is_item = is_item and not self.parser.is_list(item)
        return listed if said and (is_item or set(said).isdisjoint(item)) else None

    def unknown(self, words: Words) -> Interpretation | None:
        """A command that names what the home does not have."""
        read = self.parser.parse(" ".join(words)) if words else ()
        if not read or not read[0].unknown or not _JOINING.isdisjoint(words):
            return None
        return interpretation_of(read[0])

    def is_about_nothing(self, words: Words) -> bool:
        """Whether words are a command about a kind of device that is not there."""
        best = self._best(words)
        return best is not None and not (best.unknown or best.targets or best.free_words)

    def _best(self, words: Words) -> Reading | None:
        return next(iter(self.parser.exact(" ".join(words))), None)


def _names_timer(meant: Interpretation, item: Words) -> bool:
    """Whether words say what a timer is called, and more: "the pasta timer", but not "pasta".

    A name may hold "and" itself, as in "a timer named pizza and pasta", and is no amount.
    """
    name = str(meant.slots.get("name", ""))
    called = name.split()
    if names_nothing(called) or f" {name} " not in f" {' '.join(item)} ":
        return False
    return called[0] not in _NO_NAME_BEGINS and not set(item) <= FUNCTION_WORDS.union(called)


def is_certain(meant: Interpretation) -> bool:
    """Whether a command may be part of a sentence: understood, with a device that is there."""
    return (
        meant.intent is not None
        and "unknown_name" not in meant.slots
        and meant.confidence >= _CERTAIN
        and not meant.question
    )


def interpretation_of(reading: Reading) -> Interpretation:
    """A reading by the very words as an interpretation."""
    return Interpretation(
        text=reading.text,
        intent=reading.intent,
        slots=reading.slots,
        targets=reading.targets,
        confidence=round(reading.quality, 4),
        free_words=reading.free_words,
    )
