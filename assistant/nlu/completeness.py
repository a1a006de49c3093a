"""Is what was said so far an unfinished command? Asked by the end-pointer, many times a second."""

from __future__ import annotations

from assistant.endpointing.completeness import Completeness
from assistant.nlu.inverse_text_normalisation import with_digits
from assistant.nlu.names import NameKind
from assistant.nlu.resolver import Reading
from assistant.nlu.sentence_ends import english
from assistant.nlu.sentence_parser import SentenceParser
from assistant.nlu.tokens import split_words, text_of, tokens_of, without_fillers

_NEVER_LAST = frozenset(
    {
        *("a", "an", "the", "my", "our", "your", "and", "or", "to", "at", "of", "for", "from"),
        *("with", "by", "in", "into", "is", "are", "set", "turn", "switch", "make", "change"),
        *("put", "add", "remove", "called", "named", "what", "what's", "how", "which", "tell"),
        *("play", "call", "text", "lock", "unlock", "open", "close", "shut", "raise", "lower"),
        *("dim", "start", "delete", "please", "can", "could", "would", "i", "it's"),
        *("point", "past", "quarter", "every", "any", "some", "uh", "um", "will", "do", "does"),
    }
)
"""Words with which almost no command ends: "is the garage door open" does."""

_SENTENCE_ENDS = 0.25
"""From this share on sentences with such last words are probably over: three quarters of the
finished ones and a fifth of the others are, by `training/sentence_ends.py`."""
_RARELY_ENDS = 0.033
"""Below this share a command goes on though it could end: "how long is left", on which timer?"""
_AMOUNT = "to fifty percent"
_RESTS_TRIED = 12
"""Names of one home begin alike: if none of so many makes a command, none will."""
_BEGINNINGS_TRIED = 3
"""Rests with which a text might begin a command; to see that it does not takes long."""


class CommandCompleteness:
    """Judges by a home's names and templates. Remembers what it was asked, as texts repeat."""

    def __init__(self, parser: SentenceParser) -> None:
        self._parser = parser

    def of(self, text: str) -> Completeness:
        """How complete a command is in `text`.

        Incomplete: it ends in a word that no command ends with, or in the beginning of a name, or
        it begins like a command and is none yet. Open: it is a command, but its last words begin a
        longer name or number, or few sentences end with them, or it does not say where or how much
        though it could. Likely: it is like no command, but sentences end so. Unsure: it is like no
        command, and they do not.
        """
        words = split_words(text)
        if not words:
            return Completeness.INCOMPLETE
        if words[-1] in _NEVER_LAST and not self._parser.command(text):
            return Completeness.INCOMPLETE
        command = without_fillers(words)
        read = text_of(with_digits(tokens_of(command)))
        rests = self._rests_of_name(read)
        if reading := self._parser.command(text):
            goes_on = (
                _may_grow(read)
                or any(self._parser.command(f"{text} {rest}") for rest in rests[:_RESTS_TRIED])
                or self._lacks_slot(text, reading)
                or english().probability(words) < _RARELY_ENDS
            )
            return Completeness.OPEN if goes_on else Completeness.COMPLETE
        if self._parser.may_begin(read):
            longer = (f"{read} {rest}" for rest in rests[:_BEGINNINGS_TRIED])
            if any(self._parser.may_begin(text) for text in longer):
                return Completeness.INCOMPLETE
            return Completeness.UNSURE if self._parser.exact(text) else Completeness.INCOMPLETE
        likely = english().probability(words) >= _SENTENCE_ENDS
        return Completeness.LIKELY if likely else Completeness.UNSURE

    def _rests_of_name(self, read: str) -> list[str]:
        """What may follow if the last words begin a longer name: "room" after "living"."""
        words, index = read.split(), self._parser.index
        counts = range(1, min(index.longest, len(words)) + 1)
        return [rest for n in counts for rest in index.rests.get(" ".join(words[-n:]), ())]

    def _lacks_slot(self, text: str, reading: Reading) -> bool:
        """Whether the same command can still say where, if it means several devices, or how much.

        Acting on "turn off everything" before "in the kitchen" is worse than waiting a little.
        """
        area = next(iter(self._parser.index.by_kind.get(NameKind.AREA, ())), None)
        tails = [_AMOUNT]
        if area is not None and len(reading.targets) > 1:
            tails.append(f"in the {area}")
        longer = (self._parser.command(f"{text} {tail}") for tail in tails)
        return any(
            found
            and found.intent == reading.intent
            and not found.slots.keys() <= reading.slots.keys()
            for found in longer
        )


def _may_grow(read: str) -> bool:
    """Whether an amount may go on: "twenty" before "five", "an hour" before "and a half"."""
    last = read.rpartition(" ")[2]
    if last.isdecimal():
        return int(last) >= 20 and int(last) % 10 == 0  # noqa: PLR2004
    return last.removesuffix("s") == "hour"
