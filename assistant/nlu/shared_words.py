"""Commands that share words: "set the kitchen light and the bedroom light to fifty percent"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from assistant.nlu.agreement import Found, contradict, is_amount, names_nothing
from assistant.nlu.clauses import ARTICLES, Words, says_now, spans, without_now
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.meeting import meet
from assistant.nlu.parse import COMMAND
from assistant.nlu.single_command import SingleCommands
from assistant.nlu.spoken_digits import has_digits
from assistant.nlu.stand_ins import ONES, kind_in, ways_to_complete

_LONGEST_TAIL = 7
"""How many words commands may share at their end: "to fifty percent brightness"."""
_TO = ("to",)
_OF_SEVERAL = frozenset({"both", "all", "every"})
_SOME_THING = "ones"
"""Stands for "one" where nobody knows of what; no sentence takes it for a number."""


def with_shared_words(commands: SingleCommands, items: Sequence[Words]) -> Found | None:
    """The commands of items that share the first words of the first one, or the last of the last.

    None if any of them is no command then.
    """
    ways = (_SharedWords(commands, *way).found() for way in ways_to_complete(items))
    return next(filter(None, ways), None)


class _SharedWords:
    """The first item, and others of which each lacks some of its words."""

    def __init__(self, commands: SingleCommands, first: Words, others: Sequence[Words]) -> None:
        self._commands = commands
        self._at_once = says_now(first)
        self._first = without_now(first)
        self._others = [self._with_kind(each) for each in others]

    def found(self) -> Found | None:
        """The commands: by words shared at the end, else by what the first one alone has."""
        *middle, last = self._others
        beginnings = range(len(self._first) - 1, 0, -1)
        alone = self._commands.exact(self._first)
        longest = min(_LONGEST_TAIL, len(last) - 1)
        if self._at_once or (alone and COMMAND in alone.slots):
            longest = 0  # it has a time already
        for tail in range(longest, 0, -1):
            cut = len(last) - tail
            shared = last[cut:]
            if self._first[-1] == shared[0] or meet(self._first, shared):
                continue
            if meet(last[:cut], shared):
                continue  # "half" is no part of "half past seven"
            lead = self._commands.exact((*self._first, *shared), free=False)
            if lead is None and self._commands.is_about_nothing((*self._first, *shared)):
                return None
            if lead and alone and not (names_nothing(last) or self._keeps(alone, lead)):
                continue
            ways = ((begin, [*middle, last[:cut]], shared) for begin in beginnings)
            if lead and (found := self._led_by(lead, ways)):
                return found
        return self._led_by(alone, self._in_first(alone)) if alone else None

    def _keeps(self, alone: Interpretation, lead: Interpretation) -> bool:
        """Whether numbers said in the first command stay what they are with shared words.

        "An alarm for seven" is none for seven minutes because a timer for ten minutes follows; "ten
        and fifteen minutes" are both minutes.
        """
        if not has_digits(self._first):
            return True  # "dim the light" says no number, but means one
        kept = self._commands.when_due(lead).slots
        numbers = {slot for slot, value in alone.slots.items() if isinstance(value, (int, float))}
        return all(kept.get(slot) == alone.slots[slot] for slot in numbers)

    def _in_first(self, alone: Interpretation) -> Iterable[tuple[int, Sequence[Words], Words]]:
        """The ways to put the others in place of words of the first one, best first.

        What follows a command for later says a time, so others have theirs first: before "at ten"
        anything would be a command, even "turn the lights at eleven".
        """
        ends = sorted(
            spans(len(self._first)),
            key=lambda span: COMMAND in alone.slots and span[1] < len(self._first),
        )
        return ((begin, self._others, self._first[end:]) for begin, end in ends)

    def _with_kind(self, words: Words) -> Words:
        """The words with what "one" stands for: of "the kitchen one" after a light, "light".

        It is a number where the first command has one, too, unless one follows ("the kitchen one to
        ten percent"), and stays where words may be any.
        """
        kind, parser = kind_in(self._first), self._commands.parser
        for at in range(1, len(words)):
            if words[at] not in ONES:
                continue
            whole = (*words[:at], kind or _SOME_THING, *words[at + 1 :])
            named = parser.is_one_named(words[: at + 1]) or parser.is_name((*words[:at], kind))
            if named and (words[at + 1 : at + 2] == _TO or not self._may_take_one):
                return whole
        return words

    @cached_property
    def _may_take_one(self) -> bool:
        """Whether the first item sets something to a number, or has words of any kind."""
        alone = self._commands.exact(self._first)
        due = alone and self._commands.when_due(alone)
        return due is not None and (
            due.free_words > 0 or any(isinstance(each, (int, float)) for each in due.slots.values())
        )

    def _led_by(
        self, lead: Interpretation, ways: Iterable[tuple[int, Sequence[Words], Words]]
    ) -> Found | None:
        """The first command and the others, which go together with it in one of the ways."""
        for begin, items, after in ways:
            found = self._each(self._first[:begin], items, after)
            pairs = zip(found or (), self._others, strict=False)
            if found and all(self._go_together(lead, each, item) for each, item in pairs):
                return (lead, *found)
        return None

    def _go_together(self, lead: Interpretation, other: Interpretation, item: Words) -> bool:
        """Whether the first command and another one, of the words of an item, may be meant so.

        What has only an amount of its own does what the first one does, and what names nothing is
        about the same devices. "On and off again in five minutes" is not off at the time of on.
        """
        if is_amount(item) and other.intent != lead.intent:
            return False
        first, second = self._commands.when_due(lead), self._commands.when_due(other)
        if names_nothing(item) and set(first.targets) != set(second.targets):
            return False
        opposed = contradict(first, second)
        if _time_of(lead) == _time_of(other):
            return COMMAND not in lead.slots or not opposed
        delayed = [COMMAND in each.slots for each in (lead, other)]
        return all(delayed) or self._at_once or says_now(item) or (opposed and delayed[1])

    def _each(self, before: Words, items: Iterable[Words], after: Words) -> Found | None:
        """The commands about all of the items between the same words, or none."""
        found = []
        for item in items:
            if not _can_stand(before, item, after):
                return None
            meant = self._commands.borrowing(before, item, after)
            if meant is None:
                return None
            found.append(meant)
        return tuple(found)


def _can_stand(before: Words, item: Words, after: Words) -> bool:
    """Whether an item may stand between the words, as far as its ends tell.

    "Both fans and the light" is not both the light, and "all the" is followed by no article.
    """
    alone = _OF_SEVERAL.isdisjoint(before[-1:]) and item[-1:] != after[:1]
    articles = ARTICLES.issuperset(before[-1:] + item[:1])
    return alone and not articles and not meet(before, item) and not meet(item, after)


def _time_of(meant: Interpretation) -> Mapping[str, object]:
    """When a command for later is to be done; nothing for one that is not."""
    if COMMAND not in meant.slots:
        return {}
    return {slot: value for slot, value in meant.slots.items() if slot != COMMAND}
