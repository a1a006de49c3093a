"""Parses one text: exactly, then with misheard words put right, then with unknown names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from assistant.home.model import Home
from assistant.nlu.accounting import FUNCTION_WORDS, LEADING_WORDS, TELLING
from assistant.nlu.clauses import VERBS, says_now
from assistant.nlu.corrections import DROP_SMALL_QUALITY, Corrector
from assistant.nlu.grammar import Grammar
from assistant.nlu.inverse_text_normalisation import with_digits
from assistant.nlu.names import NameIndex, NameKind, build_index
from assistant.nlu.numbers import NUMBER_WORDS
from assistant.nlu.parse import COMMAND, REMINDER, UNKNOWN_NAME
from assistant.nlu.reminders import holds_another
from assistant.nlu.resolver import Reading, Resolver
from assistant.nlu.sentence_network import JOINING
from assistant.nlu.spoken_names import spoken_form
from assistant.nlu.swallowed import without_swallowed
from assistant.nlu.tokens import (
    Token,
    split_words,
    spoken_for,
    text_of,
    tokens_of,
    with_fillers,
    without_fillers,
    without_openers,
    without_phrases,
)
from assistant.nlu.units import in_unit, unit_of

_VARIANTS = 12
_LEAST_QUALITY = 0.55
"""A sentence that needs more correction than this was about something else."""
_LEAST_NAME_SIMILARITY = 0.72
_NAMES_TRIED = 2
_UNKNOWN_WORDS = 4
_REMEMBERED = 512
_JOINING = frozenset[str]().union(*JOINING)
"""Words between two sentences."""
_YES = "HearthConfirm"
"""What is confirmed is so by the very words: "do it again" is no yes."""
_NO_ITEM = (FUNCTION_WORDS | NUMBER_WORDS) - {"up"}
"""Words that are nothing to buy; there is a drink called Seven Up."""
_BEFORE_LIST = frozenset({"to", "on", "onto", "in", "into", "off", "from"})
_NO_ITEM_BEGINS = frozenset(
    {*("to", "i", "you", "he", "she", "it", "we", "they", "me", "him", "us", "them")}
)
_SOMEBODY = frozenset({"her", "someone", "somebody", "anyone", "everyone", "everybody"})
"""Alone or before "to": "her soap" may be an item."""
_SHOPPING = "HassShoppingList"
_SET_KINDS = frozenset({"timer", "alarm", "reminder"})
_ONE = "one"
"""Said for a thing that was named before, if it is no number."""
_QUOTED = frozenset({"message", "reminder"})
"""Slots whose words are said again, so politeness in them is part of them."""


class SentenceParser:
    """Parses texts about one home as it is now; make a new one when the home's names change."""

    def __init__(self, grammar: Grammar, home: Home, own_area: str | None = None) -> None:
        areas, devices = home.areas(), home.devices()
        self.index: NameIndex = build_index(areas, devices, home.contacts())
        self._grammar = grammar
        self._resolver = Resolver(areas, devices, self.index, own_area)
        self._unit = unit_of(home)
        self._corrector = Corrector(grammar.words, self.index.words)
        self.exact = lru_cache(maxsize=_REMEMBERED)(self._exact)
        self.may_begin = lru_cache(maxsize=_REMEMBERED)(self._may_begin)
        self.parse = lru_cache(maxsize=_REMEMBERED)(self._parse)

    def command(self, text: str) -> Reading | None:
        """What a text means by its very words, if it is a command of this home."""
        return next((each for each in self.exact(text)[:1] if not each.unknown), None)

    def free_words(self, words: Sequence[str]) -> int | None:
        """How many words of a sentence, or of several joined by "and", may be any.

        None where the words are no sentence.
        """
        whole = self.command(" ".join(words))
        if whole is not None:
            return whole.free_words
        for at in range(1, len(words) - 1):
            first = self.command(" ".join(words[:at])) if words[at] in _JOINING else None
            if first is None:
                continue
            after = at + 1 + (words[at + 1] in _JOINING)
            others = self.free_words(words[after:])
            if others is not None:
                return first.free_words + others
        return None

    def _parse(self, text: str) -> tuple[Reading, ...]:
        """The text's meanings, best first; several words may have been misheard."""
        readings = self.exact(text)
        words = without_fillers(split_words(text))
        if readings and not readings[0].unknown:
            return self.tighter(words, readings[0]) or readings
        near = [*self._corrected(words), *self._near_names(readings)]
        return *_ranked(near), *(r for r in readings if _may_be_name(str(r.slots[UNKNOWN_NAME])))

    def _may_begin(self, read: str) -> bool:
        """Whether a command of this home may begin like a text, whose numbers are digits."""
        return self._grammar.may_begin(read.split(), self.index)

    def _exact(self, text: str) -> tuple[Reading, ...]:
        """The text's meanings by its very words, best first."""
        said = split_words(text)
        if own := self._own_with_fillers(said):
            return own
        words = without_fillers(said)
        found = _ranked(self._parse_words(words, 1.0)) if words else ()
        if found and _QUOTED & found[0].slots.keys():
            return _heard_as(words, self._parse_words(without_openers(said), 1.0)) or found
        skipped = without_phrases(words, self._grammar.skip_words)
        if skipped != words and (not found or found[0].unknown):
            fewer = self._parse_words(without_fillers(skipped), 1.0)
            found = _heard_as(words, (each for each in fewer if each.intent != _YES)) or found
        return found

    def _own_with_fillers(self, said: Sequence[str]) -> tuple[Reading, ...]:
        """The meanings as a sentence of the user's own in which polite words stand."""
        for words in with_fillers(said, self._grammar.own_words):
            readings = self._parse_words(words, 1.0)
            if own := [reading for reading in readings if reading.source.file]:
                return _heard_as(without_fillers(said), own)
        return ()

    def _parse_words(self, words: Sequence[str], quality: float) -> list[Reading]:
        tokens = in_unit(with_digits(tokens_of(words)), self._unit)
        return self._parse_tokens(tokens, quality, " ".join(words))

    def _parse_tokens(self, tokens: Sequence[Token], quality: float, said: str) -> list[Reading]:
        text = text_of(tokens)
        parses = self._grammar.parse(text, self.index)
        readings = (
            self._resolver.resolve(parse, text, lambda part: spoken_for(part, tokens))
            for parse in parses
        )
        return [
            replace(reading, quality=reading.quality * quality, text=said)
            for reading in readings
            if reading is not None and self._can_be_done(reading, said)
        ]

    def _can_be_done(self, reading: Reading, said: str) -> bool:
        """Whether what stands where any words may is what is meant by them, as far as is known.

        "To" is nothing to buy, no timer is called "tea and set" or "tea timer and egg", a reminder
        is not two, and "the office one" is a thing, not a brightness of 1.
        """
        if self.is_one_named(said.split()):
            return False
        if not _may_be_bought(reading) or self._holds_a_list(_item(reading)):
            return False
        if reading.free_words and _is_about_two(str(reading.slots.get("name", "")).split()):
            return False
        if REMINDER in reading.slots and holds_another(self.command, tuple(said.split())):
            return False
        return COMMAND not in reading.slots or self._can_wait(str(reading.slots[COMMAND]), said)

    def _can_wait(self, command: str, said: str) -> bool:
        """Whether a command for later is one by itself, which has no time of its own.

        It is less than what was said, unless it holds a part of the time, and "now" is not later.
        """
        if len(command.split()) >= len(said.split()) or says_now(command.split()):
            return False
        later = self.command(command)
        return later is not None and later.slots.keys().isdisjoint({COMMAND, REMINDER})

    def _holds_a_list(self, item: Sequence[str]) -> bool:
        """Whether an item has swallowed a list's name, as in "milk to my chore list".

        It ends in one, or another item follows: "milk to my chores and bread".
        """
        ends = [*(at for at, word in enumerate(item) if word == "and"), len(item)]
        starts = [at + 1 for at, word in enumerate(item) if word in _BEFORE_LIST]
        return any(self.is_list(item[start:end]) for start in starts for end in ends if start < end)

    def is_list(self, words: Sequence[str]) -> bool:
        """Whether words are the name of a list."""
        name = spoken_form(" ".join(words))
        known = self.index.entries
        entries = (*known.get(name, ()), *known.get(name.removesuffix(" list"), ()))
        return any(each.domain == "todo" for each in entries)

    def is_name(self, words: Sequence[str]) -> bool:
        """Whether words are a name of this home."""
        return spoken_form(" ".join(words)) in self.index.entries

    def is_one_named(self, words: Sequence[str]) -> bool:
        """Whether words are nothing but a name and "one", which stands for some thing then."""
        if words[-1] != _ONE:
            return False
        return self.is_name(words[:-1]) and not self.is_name(words)

    def _corrected(self, words: Sequence[str]) -> list[Reading]:
        """Meanings of what the words may have been, and as good as the correction is small.

        What is put on a list may be anything, so there is nothing to put right in it, nor left out.
        """
        found: list[Reading] = []
        least = _LEAST_QUALITY
        for variant in self._corrector.variants(words, _VARIANTS, least):
            if variant.quality < least:
                break
            readings = [
                reading
                for reading in self._parse_words(variant.words, variant.quality)
                if not reading.unknown
                and reading.quality >= _LEAST_QUALITY
                and " ".join(_item(reading)) in " ".join(words)
            ]
            found += readings
            least = max([least, *(0.9 * reading.quality for reading in readings)])
        return found

    def tighter(self, words: Sequence[str], reading: Reading) -> tuple[Reading, ...]:
        """Meanings without a small word that a name of any words has swallowed, if it has."""
        found = [
            candidate
            for fewer, free_words in without_swallowed(words, reading)
            for candidate in self._parse_words(fewer, DROP_SMALL_QUALITY)
            if not candidate.unknown and candidate.free_words <= free_words
        ]
        least = min((candidate.free_words for candidate in found), default=0)
        return _ranked(candidate for candidate in found if candidate.free_words == least)

    def _near_names(self, unknown: Iterable[Reading]) -> list[Reading]:
        """Meanings with the unknown name replaced by names of this home that are like it."""
        found: list[Reading] = []
        for reading in unknown:
            said = str(reading.slots[UNKNOWN_NAME])
            for kind in (NameKind.DEVICE, NameKind.AREA):
                for name, score in self.index.near(
                    said, kind, _LEAST_NAME_SIMILARITY, _NAMES_TRIED
                ):
                    words = reading.text.replace(said, name).split()
                    found += [
                        candidate
                        for candidate in self._parse_words(words, score)
                        if not candidate.unknown and candidate.quality >= _LEAST_QUALITY
                    ]
        return found


def _heard_as(words: Sequence[str], readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Readings that account for all the words, though a sentence has more of them, or fewer."""
    return _ranked(replace(reading, text=" ".join(words)) for reading in readings)


def _is_about_two(name: Sequence[str]) -> bool:
    """Whether words that were taken for a timer's name hold another command, or another timer."""
    if "and" in name and not _SET_KINDS.isdisjoint(name):
        return True
    return any(joint == "and" and following in VERBS for joint, following in pairwise(name))


def _item(reading: Reading) -> list[str]:
    """The words of what is put on a list, or taken from one."""
    return str(reading.slots.get("item", "")).split()


def _may_be_bought(reading: Reading) -> bool:
    """Whether the words of an item of a list, or of each of several, may be one.

    Function words alone are none, and nothing to buy begins with "to" or is somebody: "I need you
    to wait", "we have to go", "I need eggs and to lock the door".
    """
    item = _item(reading)
    if not item or _NO_ITEM.issuperset(item):
        return not item
    if not reading.intent.startswith(_SHOPPING):
        return True
    starts = [0, *(at + 1 for at, word in enumerate(item[:-1]) if word == "and")]
    return not any(_is_no_thing(item[start:]) for start in starts)


def _is_no_thing(words: Sequence[str]) -> bool:
    """Whether words begin as something to do, or as somebody, alone or before "to"."""
    is_somebody = words[0] in _SOMEBODY and words[1:2] in ([], ["to"])
    return words[0] in _NO_ITEM_BEGINS or is_somebody


def _may_be_name(said: str) -> bool:
    """Whether words that the home has no name for may be the name of a device.

    "The" is none, and neither is what says when something is to be done, what breaks off ("the
    light in the"), and what is about two things.
    """
    words = said.split()
    return (
        len(words) <= _UNKNOWN_WORDS
        and TELLING.isdisjoint(words)
        and not FUNCTION_WORDS.issuperset(words)
        and words[-1] not in LEADING_WORDS
        and "and" not in words
    )


def _ranked(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Best first; of readings with one meaning only the best."""
    distinct: dict[tuple[object, ...], Reading] = {}
    for reading in sorted(readings, key=lambda item: item.rank, reverse=True):
        key = (reading.intent, reading.targets, *sorted(map(str, reading.slots.items())))
        distinct.setdefault(key, reading)
    found = list(distinct.values())
    known = [reading for reading in found if not reading.unknown]
    return tuple(each for each in known if not _takes_a_name(each, known)) or tuple(found)


def _takes_a_name(reading: Reading, others: Iterable[Reading]) -> bool:
    """Whether words that may be anything hold a name of the home that another reading reads.

    "Play jazz in the bathroom" asks for the bathroom even where nothing plays there.
    """
    return any(
        other.intent == reading.intent
        and not other.slots.keys() <= reading.slots.keys()
        and any(
            isinstance(value, str) and value.startswith(f"{other.slots.get(slot)} ")
            for slot, value in reading.slots.items()
        )
        for other in others
        if reading.free_words and other.free_words
    )
