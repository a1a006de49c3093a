"""Sentence templates compiled into a graph, once, whatever the home's names are.

An arc is a text, with spaces where words begin and end, or the call of a list, which goes on where
the list ends. Rules are copied to where they stand; lists and names are not. Numbers are as they
are spoken, and so are times of day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from hassil import (
    Expression,
    ListReference,
    RangeSlotList,
    Sentence,
    SlotList,
    TextSlotList,
)
from hassil.parse_expression import parse_sentence

from assistant.nlu.expressions import Traversal
from assistant.nlu.names import NameKind
from assistant.nlu.numbers import number_words
from assistant.nlu.parse import COMMAND
from assistant.nlu.tokens import CLOSERS, OPENERS

_NUMBERS: Final = 1000
"""A range with more numbers is said in hundreds."""
_TIME: Final = "clock_time"
"""The list that stands for a time of day, before the word that marks one."""
_TIME_MARK: Final = "oclock"
_SAID_TIME: Final = (
    "([twelve] noon|midday|midnight"
    "|[([a] (half|quarter)|{said_past} [minute[s]]) (past|after|to|before)] {said_hour}"
    " [{said_minute}|oh {said_digit}] [o'clock])"
    " [am|pm|a m|p m|in the (morning|afternoon|evening)|at night]"
)
_SAID_NUMBERS: Final[Mapping[str, range]] = {
    "said_hour": range(1, 24),
    "said_past": range(1, 30),
    "said_minute": range(10, 60),
    "said_digit": range(1, 10),
}
_ALL: Final = frozenset({"all", "every", "everything"})
"""What is about so much may leave something out."""
_EXCEPTION: Final = "(except [for]|apart from|but [not]) [[in] the] ({name}|{area})"


class Call(NamedTuple):
    """A list that an arc calls: its name, and the domains that its values must have, if any."""

    name: str
    domains: frozenset[str] | None = None


LATER: Final = Call(COMMAND)
"""Stands for a whole sentence, which is to be carried out later."""


class Arc(NamedTuple):
    """Where a node leads, by a text or a call."""

    label: str | Call
    target: int


@dataclass(frozen=True, slots=True, eq=False)
class SentenceGraph:
    """The templates: arcs by node, and where lists and sentences begin and end."""

    arcs: Sequence[Sequence[Arc]]
    start: int
    lists: Mapping[Call, int]
    """The first node of each list, but of the home's names."""
    ends: frozenset[int]
    names: frozenset[Call]
    """The calls for names of the home."""


class GraphBuilder(Traversal[int]):
    """Compiles templates, one after another; the value that is handed on is a node."""

    def __init__(self, rules: Mapping[str, Sentence], lists: Mapping[str, SlotList]) -> None:
        super().__init__(rules)
        self._values = lists
        self.rules_used: set[str] = set()
        """The names of the rules that what was added refers to, by way of others, too."""
        self._arcs: list[list[Arc]] = []
        self._lists: dict[Call, int] = {}
        self._names: set[Call] = set()
        self._domains: frozenset[str] | None = None
        """That names in the present template must have."""
        self._later = False
        """Whether the present template has a command that is to be carried out later."""
        self._about_all = False
        """Whether it has a word of `_ALL` outside its lists."""
        self._start, self._middle = self._new(), self._new()
        self._last, self._over, self._end = self._new(), self._new(), self._new()
        self._ends = {self._end, self._last}
        self._lists[LATER] = self._middle
        self._polite()
        self._exceptions = self._new()
        self._arc(self.after(_exception(), self._exceptions), "", self._last)

    def add(self, expression: Expression, context: Mapping[str, Any] | None = None) -> None:
        """A template, for names with the context that it requires.

        Raises:
            CircularRuleError: a rule needs itself.
            KeyError: a rule is not there.

        """
        self._domains = _domains(context or {})
        self._later = self._about_all = False
        end = self.after(expression, self._middle)
        self._arc(end, "", self._over if self._later else self._last)
        if self._about_all:
            self._arc(end, " ", self._exceptions)

    def built(self) -> SentenceGraph:
        """The graph of all that was added."""
        return SentenceGraph(
            self._arcs,
            self._start,
            self._lists,
            frozenset(self._ends),
            frozenset(self._names),
        )

    def rule(self, name: str, value: int) -> int:
        """Where a rule leads."""
        self.rules_used.add(name)
        return super().rule(name, value)

    def words(self, text: str, value: int) -> int:
        """Where a text leads, as it is said; a time's mark is not."""
        self._about_all |= not _ALL.isdisjoint(text.lower().split())
        return self._spelled(said(text).replace(_TIME_MARK, ""), value)

    def listed(self, reference: ListReference, value: int) -> int:
        """Where a list leads; nowhere if it may be any words."""
        if reference.slot_name == COMMAND:
            return self._command(value)
        name = reference.list_name
        call = Call(name, self._domains if name == NameKind.DEVICE else None)
        if name in set(NameKind):
            self._names.add(call)
        elif call not in self._lists:
            about_all = self._about_all
            first = self._lists[call] = self._new()
            self._ends.add(self._list(name, first))
            self._about_all = about_all
        following = self._new()
        self._arcs[value].append(Arc(call, following))
        return following

    def _command(self, value: int) -> int:
        """Where a command leads that is to be carried out later: a sentence like any other.

        What begins with one goes on where sentences end, for nothing can call itself first. What
        has one elsewhere ends with it, so nothing leads on from here.
        """
        self._later = True
        if value == self._middle:
            return self._last
        self._arcs[value].append(Arc(LATER, self._over))
        return self._new()

    def joined(self, values: Iterable[int]) -> int:
        """One node after all of several."""
        nodes = list(dict.fromkeys(values))
        if len(nodes) == 1:
            return nodes[0]
        end = self._new()
        for node in nodes:
            self._arc(node, "", end)
        return end

    def _polite(self) -> None:
        """Words of politeness before and after every sentence."""
        self._arc(self._start, "", self._middle)
        self._arc(self._last, "", self._over)
        self._arc(self._over, "", self._end)
        for phrase in OPENERS:
            self._arc(self._start, " ".join(phrase) + " ", self._middle)
        for phrase in CLOSERS:
            self._arc(self._over, " " + " ".join(phrase), self._end)

    def _new(self) -> int:
        self._arcs.append([])
        return len(self._arcs) - 1

    def _arc(self, node: int, text: str, target: int) -> None:
        self._arcs[node].append(Arc(text, target))

    def _spelled(self, text: str, node: int) -> int:
        if not text:
            return node
        following = self._new()
        self._arc(node, text, following)
        return following

    def _list(self, name: str, first: int) -> int:
        """The end of a list's values, which begin at a node."""
        values = self._values.get(name)
        if name == _TIME:
            return self.after(_time_of_day(), first)
        if isinstance(values, TextSlotList):
            return self.joined(
                [self.after(value.text_in, first) for value in values.values] or [self._new()]
            )
        end = self._new()
        for each in _numbers(values) if isinstance(values, RangeSlotList) else ():
            self._arc(first, each, end)
        for number in _SAID_NUMBERS.get(name, ()):
            self._arc(first, number_words(number), end)
        return end


def _domains(context: Mapping[str, Any]) -> frozenset[str] | None:
    wanted = context.get("domain")
    if isinstance(wanted, Mapping):
        wanted = wanted.get("value")
    if isinstance(wanted, str):
        return frozenset({wanted})
    return frozenset(wanted) if wanted else None


@lru_cache(maxsize=8192)
def said(text: str) -> str:
    """A text with its numbers and signs as words; a space at either end stays."""
    text = text.lower().replace("%", " percent ").replace("\N{DEGREE SIGN}", " degrees ")
    text = re.sub(r"\d+(\.\d)?", _spoken, text)
    text = re.sub(r"[^a-z' ]+", " ", text)
    return re.sub(r" +", " ", text)


def _spoken(number: re.Match[str]) -> str:
    """A number of digits, with one after a point or none, as it is spoken."""
    whole, _, tenth = number[0].partition(".")
    point = f" point {number_words(int(tenth))}" if tenth else ""
    return f" {number_words(int(whole))}{point} "


def _numbers(values: RangeSlotList) -> Iterator[str]:
    step = values.step
    if (values.stop - values.start) / step > _NUMBERS:
        step = max(step, 100)
    for number in range(values.start, values.stop + 1, step):
        words = number_words(number)
        yield words
        if words.startswith("one hundred"):
            yield words.replace("one", "a", 1)
        if values.fraction_type is not None:
            yield from (f"{words} point {number_words(tenth)}" for tenth in range(1, 10))
            yield f"{words} and a half"


@lru_cache(maxsize=1)
def _time_of_day() -> Expression:
    return parse_sentence(_SAID_TIME).expression


@lru_cache(maxsize=1)
def _exception() -> Expression:
    return parse_sentence(_EXCEPTION).expression
