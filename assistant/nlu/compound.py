"""Several commands in one sentence, all of them understood or none.

"Turn on the kitchen light and the bedroom light" is two commands, the second of which borrows its
first words; "turn off all lights except the kitchen light" one with fewer devices; "turn on the
kitchen, no, the bedroom light" only the corrected one. What each command means is asked of the
understanding of single commands, for words that are then all accounted for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain

from assistant.home.model import Area, Device
from assistant.nlu.agreement import Found, are_alike, is_doubtful, is_unclear, merged
from assistant.nlu.clauses import (
    PRONOUNS,
    SEVERAL,
    VERBS,
    Segment,
    Words,
    corrections,
    ends_in_marker,
    excepted,
    exceptions,
    joined,
    may_be_several,
    segments_of,
    spans,
)
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.names import NameKind
from assistant.nlu.parse import COMMAND
from assistant.nlu.referents import Targets
from assistant.nlu.resolver import Reading
from assistant.nlu.sentence_parser import SentenceParser
from assistant.nlu.spoken_names import spoken_form

_MOST_SEGMENTS = 6
_LONGEST_TAIL = 7
"""How many words commands may share at their end: "to fifty percent brightness"."""
_BEFORE_TAIL = frozenset({"on", "off", "out", "up", "down", "open", "closed", "to", "at", "by"})
"""Words that may go on with a command after what it excepts: "... to fifty percent"."""
_CERTAIN = 0.7
"""A reading of less quality has no device, or took too many words for a name."""
_TAKES_ANYTHING = frozenset({"search_query", "item", "name"})
"""Slots that may have swallowed another command."""
_ASKS_FOR = ("turn off", "close", "lock")
"""What can be done with whatever may be excepted."""

_ANEW: tuple[Words, ...] = (
    *(("another", "one"), ("another",), ("the", "one"), ("the", "ones"), ("one",)),
)
Antecedents = Sequence[Targets]


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
        self._parser = parser
        self._tolerant = tolerant
        self._devices = {device.id: device for device in devices}
        self._floors = {area.id: area.floor for area in areas}

    def understand(self, text: str, named: Antecedents = ()) -> Interpretation | None:
        """What a text means if it is more than a single command as it stands.

        `named`: the devices of each command of the sentence before, for "it" and "them".
        """
        if not may_be_several(text):
            return None
        segments = segments_of(text)
        if not segments[-1].words or len(segments) > _MOST_SEGMENTS or self.is_single(text, named):
            return None
        found = self._all(segments, named, self._clause) or self._all(segments, named, self._heard)
        if found is None or is_doubtful(found, segments):
            return None
        return replace(found[0], then=tuple(found[1:]))

    def last_clause(self, text: str, named: Antecedents = ()) -> str:
        """The last command of a text as it would be said alone, as far as it was said."""
        if not may_be_several(text):
            return text
        segments = segments_of(text)
        words = segments[-1].words
        if not words:
            return f"{text} and"
        for _, after in exceptions(words):
            return " ".join((*_ASKS_FOR[0].split(), *excepted(after)[-1]))
        if ends_in_marker(words):
            return f"{text} and"
        led_by = segments[0].words if len(segments) > 1 else ()
        for before, after in corrections(words):
            led_by, words = before, after
            break
        words = self._led(words, led_by)
        if self._reading(words) is None:
            words = self._with_names(words, named) or words
        return " ".join(words)

    def is_single(self, text: str, named: Antecedents = ()) -> bool:
        """Whether the text is a command as it stands, none of which is another one."""
        words = joined(segments_of(text))
        reading = self._reading(words)
        if reading is None or (named and PRONOUNS & set(words)):
            return False
        swallowing = reading.free_words and _TAKES_ANYTHING & set(reading.slots)
        return not swallowing

    def _all(
        self,
        segments: Sequence[Segment],
        named: Antecedents,
        clause: Callable[[Words, Antecedents], Found | None],
    ) -> Found | None:
        """The commands of the segments: of each alone, else of neighbours together, long first."""
        if not segments:
            return ()
        first = clause(segments[0].words, named)
        if first is not None:
            others = self._all(segments[1:], _after(first, named), clause)
            if others is not None:
                return (*first, *others)
        for end in range(len(segments), 1, -1):
            found = self._together(segments[:end], named)
            if found is not None:
                others = self._all(segments[end:], _after(found, named), clause)
                if others is not None:
                    return (*found, *others)
        return None

    def _together(self, segments: Sequence[Segment], named: Antecedents) -> Found | None:
        """The commands of segments that are one clause, or share words."""
        words = joined(segments)
        return (
            self._clause(words, named, free=False)
            or self._shared([segment.words for segment in segments])
            or self._clause(words, named)
        )

    def _heard(self, words: Words, named: Antecedents) -> Found | None:
        """As `_clause`, of words some of which may have been misheard."""
        if found := self._clause(words, named):
            return found
        meant = self._tolerant(" ".join(words))
        unknown = "unknown_name" in meant.slots or meant.confidence < _CERTAIN or meant.question
        return None if meant.intent is None or unknown else (replace(meant, alternatives=()),)

    def _clause(self, words: Words, named: Antecedents, *, free: bool = True) -> Found | None:
        """The command of a clause: with what "it" means, an exception, or a correction.

        `free`: else by words of which none may be anything.
        """
        meant = self._referring(words, named) or self._exact(words, free=False)
        excepting = (self._excepting(*around) for around in exceptions(words))
        corrected = (self._corrected(*around, named) for around in corrections(words))
        for found in chain((meant,), excepting, corrected):
            if found is not None:
                return (found,)
        meant = self._exact(words) if free else None
        return None if meant is None else (meant,)

    def _reading(self, words: Words) -> Reading | None:
        """The meaning of a single command, if it is certain which device is meant."""
        best = next(iter(self._parser.exact(" ".join(words))), None)
        if best is None or best.unknown or best.quality < _CERTAIN:
            return None
        return best

    def _is_about_nothing(self, words: Words) -> bool:
        """Whether words are a command about a kind of device that is not there."""
        best = next(iter(self._parser.exact(" ".join(words))), None)
        return best is not None and not (best.unknown or best.targets or best.free_words)

    def _exact(self, words: Words, *, free: bool = True) -> Interpretation | None:
        reading = self._reading(words)
        if reading is None or is_unclear(reading, words):
            return None
        if reading.free_words and not free and COMMAND not in reading.slots:
            return None
        return _interpretation(reading)

    def _shared(self, items: Sequence[Words]) -> Found | None:
        """Commands that share the first words of the first one, and the last ones of the last.

        "Set the kitchen light and the bedroom light to fifty percent."
        """
        first, *others = [items[0], *map(_without_another, items[1:])]
        *middle, last = others
        for tail in range(min(_LONGEST_TAIL, len(last) - 1), 0, -1):
            cut = len(last) - tail
            shared = last[cut:]
            if first[-1] == shared[0]:
                continue
            lead = self._exact((*first, *shared), free=False)
            if lead is None and self._is_about_nothing((*first, *shared)):
                return None
            for begin in range(len(first) - 1, 0, -1) if lead else ():
                found = self._each(first[:begin], [*middle, last[:cut]], shared)
                if lead and found and are_alike(lead, found, others):
                    return (lead, *found)
        lead = self._exact(first)
        for begin, end in spans(len(first)) if lead else ():
            found = self._each(first[:begin], others, first[end:])
            if lead and found and are_alike(lead, found, others):
                return (lead, *found)
        return None

    def _each(self, before: Words, items: Iterable[Words], after: Words) -> Found | None:
        """The commands about all of the items between the same words, or none."""
        found = []
        for item in items:
            meant = self._borrowing(before, item, after)
            if meant is None:
                return None
            found.append(meant)
        return tuple(found)

    def _borrowing(self, before: Words, item: Words, after: Words) -> Interpretation | None:
        """A command that was put together; what may be anything is only an item of a list."""
        words = (*before, *item, *after)
        if meant := self._exact(words, free=False):
            return meant
        listed = self._exact(words)
        said = str(listed.slots.get("item", "")).split() if listed else []
        is_item = said and set(said) <= set(item) - {"to", "list"} and item[0] not in VERBS
        return listed if is_item else None

    def _excepting(self, before: Words, after: Words) -> Interpretation | None:
        """A command about several devices, for all but some."""
        for cut in range(len(after), max(0, len(after) - _LONGEST_TAIL - 1), -1):
            if cut < len(after) and after[cut] not in _BEFORE_TAIL:
                continue
            base = self._exact((*before, *after[cut:]))
            if base is None or len(base.targets) < 2 or "name" in base.slots:  # noqa: PLR2004
                continue
            things = excepted(after[:cut])
            spared = [self._spared(thing, base.targets) for thing in things]
            rest = tuple(
                target for target in base.targets if not any(target in each for each in spared)
            )
            if all(spared) and rest:
                said = [" ".join(thing) for thing in things]
                return replace(base, targets=rest, slots={**base.slots, "except": said})
        return None

    def _spared(self, thing: Words, targets: Targets) -> set[str]:
        """Which of the devices a name means: of a device, or of a room or floor."""
        entries = self._parser.index.entries.get(spoken_form(" ".join(thing)), ())
        devices = {each.id for each in entries if each.kind is NameKind.DEVICE} & set(targets)
        places = {each.id for each in entries if each.kind in (NameKind.AREA, NameKind.FLOOR)}
        there = {target for target in targets if places & self._places(target)}
        if found := devices or there:
            return found
        for verb in _ASKS_FOR:
            meant = self._exact((*verb.split(), *thing), free=False)
            if meant and (found := set(meant.targets) & set(targets)):
                return found
        return set()

    def _places(self, target: str) -> set[str | None]:
        device = self._devices.get(target)
        area = device.area_id if device else None
        return {area, self._floors.get(area or "")} - {None}

    def _corrected(self, before: Words, after: Words, named: Antecedents) -> Interpretation | None:
        """The command that was meant after all: the last words, in place of some before."""
        after = after[:-1] if after[-1] == "instead" and len(after) > 1 else after
        taken_back = self._exact(before)
        named = [taken_back.targets] if taken_back and taken_back.targets else named
        if found := self._referring(after, named) or self._exact(after):
            return found
        for begin, end in spans(len(before)):
            if found := self._borrowing(before[:begin], after, before[end:]):
                return found
        return None

    def _referring(self, words: Words, named: Antecedents) -> Interpretation | None:
        """A command with "it" or "them", for each of the devices that are meant."""
        at = next((at for at, word in enumerate(words) if word in PRONOUNS), None)
        if at is None or not named:
            return None
        end = at + 1 + (words[at + 1 : at + 2] in {("one",), ("ones",)})
        targets = _meant_by(words[at], named)
        found = [self._about(target, words[:at], words[end:]) for target in targets]
        if not found or any(each is None for each in found):
            return None
        return merged([each for each in found if each], " ".join(words))

    def _about(self, target: str, before: Words, after: Words) -> Interpretation | None:
        """A command about one device, by its name."""
        device = self._devices.get(target)
        if device is None:
            return None
        words = (*before, "the", *spoken_form(device.name).split(), *after)
        reading = self._reading(words)
        if reading is None:
            return None
        if COMMAND in reading.slots:
            return _interpretation(reading)
        if reading.free_words or target not in reading.targets:
            return None
        return replace(_interpretation(reading), targets=(target,))

    def _with_names(self, words: Words, named: Antecedents) -> Words | None:
        """The words with a device's name in place of "it"."""
        at = next((at for at, word in enumerate(words) if word in PRONOUNS), None)
        device = (
            self._devices.get(_meant_by(words[at], named)[0]) if at is not None and named else None
        )
        if device is None or at is None:
            return None
        return (*words[:at], "the", *spoken_form(device.name).split(), *words[at + 1 :])

    def _led(self, words: Words, before: Words) -> Words:
        """The words, after the verb of those before them if they have none of their own."""
        ways = [(*_verb(before), *words), words] if before else [words]
        whole = (way for way in ways if self._reading(way))
        begun = (way for way in reversed(ways) if self._parser.may_begin(" ".join(way)))
        return next(whole, None) or next(begun, words)


def _verb(words: Words) -> Words:
    """The words that a command begins with, before what it is about."""
    return words[: 2 if words[1:2] and words[1] in {"on", "off", "up", "down", "out"} else 1]


def _without_another(words: Words) -> Words:
    """Without what stands for words of the command before: "another one for ten minutes"."""
    for anew in _ANEW:
        if words[: len(anew)] == anew and len(words) > len(anew):
            return words[len(anew) :]
    return words


def _after(found: Found, named: Antecedents) -> Antecedents:
    """What "it" and "them" mean after some commands."""
    return [each.targets for each in found if each.targets] or named


def _meant_by(pronoun: str, named: Antecedents) -> Targets:
    if pronoun in SEVERAL:
        return tuple(dict.fromkeys(target for targets in named for target in targets))
    return named[-1]


def _interpretation(reading: Reading) -> Interpretation:
    return Interpretation(
        text=reading.text,
        intent=reading.intent,
        slots=reading.slots,
        targets=reading.targets,
        confidence=round(reading.quality, 4),
    )
