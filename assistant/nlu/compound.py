"""Several commands in one sentence, all of them understood or none.

"Turn on the kitchen light and the bedroom light" is two commands, the second of which borrows its
first words; "turn off all lights except the kitchen light" one with fewer devices; "turn on the
kitchen, no, the bedroom light" only the corrected one. What each command means is asked of the
understanding of single commands, for words that are then all accounted for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, pairwise

from assistant.home.model import Area, Device
from assistant.nlu.agreement import Found, is_repeated
from assistant.nlu.clauses import (
    ARTICLES,
    PRONOUNS,
    Segment,
    Words,
    at_articles,
    corrections,
    ends_in_marker,
    excepted,
    exceptions,
    joined,
    may_be_several,
    segments_of,
    spans,
)
from assistant.nlu.delays import with_times
from assistant.nlu.exceptions import SPARED_FROM, Exceptions
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import COMMAND, REMINDER
from assistant.nlu.pronouns import Antecedents, Pronouns, antecedents_after
from assistant.nlu.resolver import Reading
from assistant.nlu.sentence_parser import SentenceParser
from assistant.nlu.several_reminders import several_reminders
from assistant.nlu.shared_words import with_shared_words
from assistant.nlu.single_command import SingleCommands, is_certain
from assistant.nlu.tokens import HESITATIONS, OPENERS

_MOST_SEGMENTS = 6
_TAKES_ANYTHING = frozenset({"search_query", "item", "name"})
"""Slots that may have swallowed another command."""


class Compound:
    """Understands sentences of several commands about one home.

    `tolerant` understands a single command with words that may have been misheard.
    """

    def __init__(
        self,
        parser: SentenceParser,
        areas: Sequence[Area],
        devices: Sequence[Device],
        tolerant: Callable[[str], Interpretation],
    ) -> None:
        by_id = {device.id: device for device in devices}
        self._commands = SingleCommands(parser)
        self._unclear = SingleCommands(parser, unclear=True)
        self._pronouns = Pronouns(self._commands, by_id)
        self._exceptions = Exceptions(self._commands, by_id, {area.id: area for area in areas})
        self._tolerant = tolerant

    def understand(self, text: str, named: Antecedents = ()) -> Interpretation | None:
        """What a text means if it is more than a single command as it stands.

        `named`: the devices of each command of the sentence before, for "it" and "them".
        """
        if not may_be_several(text):
            return None
        segments = segments_of(text)
        if not segments[-1].words or len(segments) > _MOST_SEGMENTS or self.is_single(text, named):
            return None
        found = self._all(segments, named) or self._all(segments, named, tolerant=True)
        if found is None and len(segments := at_articles(segments)) <= _MOST_SEGMENTS:
            found = self._all(segments, named)
        if found is None or is_repeated(found):
            return None
        found = with_times(self._commands, found, segments)
        return replace(found[0], then=found[1:]) if found else None

    def missing(self, text: str) -> Interpretation | None:
        """The first command of several that names what the home lacks, if one does."""
        if not may_be_several(text):
            return None
        first, *others = at_articles(segments_of(text))
        verb = _verb(first.words)
        commands = [first.words, *(_with_verb(verb, each.words) for each in others if each.words)]
        unknown = map(self._commands.unknown, commands[:_MOST_SEGMENTS] if others else ())
        return next(filter(None, unknown), None)

    def last_clause(self, text: str, named: Antecedents = ()) -> str:
        """The last command of a text as it would be said alone, as far as it was said."""
        if not may_be_several(text):
            return text
        segments = segments_of(text)
        words = segments[-1].words
        if not words:
            return f"{text} and"
        for _, after in exceptions(words):
            return " ".join((*SPARED_FROM[0].split(), *excepted(after)[-1]))
        if ends_in_marker(words):
            return f"{text} and"
        led_by = segments[0].words if len(segments) > 1 else ()
        for before, after in corrections(words):
            led_by, words = before, after
            break
        words = self._led(words, led_by)
        if self._commands.reading(words) is None:
            words = self._pronouns.replaced(words, named) or words
        return " ".join(words)

    def is_single(self, text: str, named: Antecedents = ()) -> bool:
        """Whether the text is a command as it stands, none of which is another one."""
        words = joined(segments_of(text))
        reading = self._commands.reading(words)
        if reading is None or (named and PRONOUNS & set(words)):
            return False
        return not (self._is_swallowing(reading) or self._is_swallowing(self._when_due(reading)))

    def _is_swallowing(self, reading: Reading | None) -> bool:
        """Whether words that may be any may hold another command."""
        return bool(reading and reading.free_words and _TAKES_ANYTHING & set(reading.slots))

    def _when_due(self, reading: Reading) -> Reading | None:
        """What is done at its time, where a command is for later."""
        return self._commands.parser.command(str(reading.slots.get(COMMAND, "")))

    def _all(
        self,
        segments: Sequence[Segment],
        named: Antecedents,
        *,
        tolerant: bool = False,
    ) -> Found | None:
        """The commands of the segments: of each alone, else of neighbours together, long first.

        `tolerant`: words may have been misheard, and which device is meant may have to be asked.
        A thing without a verb ends as the one before: "dim the lamp and the light to ten".
        """
        if not segments:
            return ()
        clause = self._heard if tolerant else self._clause
        ends = [1, *range(len(segments), 1, -1)]
        if segments[1:] and segments[1].words[:1] and segments[1].words[0] in ARTICLES:
            ends = [*ends[1:], 1]
        for end in ends:
            group = segments[:end]
            found = (
                clause(group[0].words, named)
                if end == 1
                else self._together(group, named, tolerant=tolerant)
            )
            if found is not None:
                after = antecedents_after(found, named)
                others = self._all(segments[end:], after, tolerant=tolerant)
                if others is not None:
                    return (*found, *others)
        return None

    def _together(
        self, segments: Sequence[Segment], named: Antecedents, *, tolerant: bool
    ) -> Found | None:
        """The commands of segments that are one clause, or share words."""
        words = joined(segments)
        commands = self._unclear if tolerant else self._commands
        items = [segment.words for segment in segments]
        if self._commands.parser.is_list(items[-1]):
            items = [joined(segments[:-1]), items[-1]]  # "milk and eggs to my list", and another
        return (
            self._clause(words, named, free=False)
            or _completed(commands, items)
            or self._clause(words, named)
        )

    def _heard(self, words: Words, named: Antecedents) -> Found | None:
        """As `_clause`, of words some of which may have been misheard."""
        if found := self._clause(words, named):
            return found
        meant = self._tolerant(" ".join(words))
        return (replace(meant, alternatives=()),) if is_certain(meant) else None

    def _clause(self, words: Words, named: Antecedents, *, free: bool = True) -> Found | None:
        """The command of a clause: with what "it" means, an exception, or a correction.

        `free`: else by words of which none may be anything.
        """
        meant = self._pronouns.understand(words, named) or self._commands.exact(words, free=False)
        excepting = (self._excepting(words, *around) for around in exceptions(words))
        corrected = (self._corrected(*around, named) for around in corrections(words))
        for found in chain((meant,), excepting, corrected):
            if found is not None:
                return (found,)
        meant = self._commands.exact(words) if free else None
        return None if meant is None else (meant,)

    def _excepting(self, words: Words, before: Words, after: Words) -> Interpretation | None:
        meant = self._exceptions.understand(before, after)
        return meant and replace(meant, text=" ".join(words))

    def _corrected(self, before: Words, after: Words, named: Antecedents) -> Interpretation | None:
        """The command that was meant after all: the last words, in place of some before."""
        if not self._is_command_begun(before):
            return None
        after = after[:-1] if after[-1] == "instead" and len(after) > 1 else after
        taken_back = self._commands.exact(before)
        named = [taken_back.targets] if taken_back and taken_back.targets else named
        if found := self._pronouns.understand(after, named) or self._commands.exact(after):
            return found
        for begin, end in spans(len(before)):
            if found := self._commands.borrowing(before[:begin], after, before[end:]):
                return found
        return None

    def _is_command_begun(self, words: Words) -> bool:
        """Whether there is a command to take back: "there was no ..." corrects nothing."""
        words = tuple(word for word in words if word not in HESITATIONS)
        pairs = pairwise(words) if len(words) > 1 else (words,)
        may_begin = self._commands.parser.may_begin
        return words in {(), *OPENERS} or any(may_begin(" ".join(pair)) for pair in pairs)

    def _led(self, words: Words, before: Words) -> Words:
        """The words, after the verb of those before them if they have none of their own."""
        ways = [(*_verb(before), *words), words] if before else [words]
        whole = (way for way in ways if self._commands.reading(way))
        begun = (way for way in reversed(ways) if self._commands.parser.may_begin(" ".join(way)))
        return next(whole, None) or next(begun, words)


def _completed(commands: SingleCommands, items: Sequence[Words]) -> Found | None:
    """The commands of items of which the later ones lack words that the first one has."""
    first = commands.exact(items[0])
    if first and REMINDER in first.slots:
        return several_reminders(commands, first, items[1:])
    return with_shared_words(commands, items)


def _with_verb(verb: Words, words: Words) -> Words:
    """The words after a verb, where they are a thing: "the toaster"."""
    return (*verb, *words) if words[0] in ARTICLES else words


def _verb(words: Words) -> Words:
    """The words that a command begins with, before what it is about."""
    return words[: 2 if words[1:2] and words[1] in {"on", "off", "up", "down", "out"} else 1]
