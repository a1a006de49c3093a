"""The one traversal of hassil's sentence templates, for everything that is computed from them.

A template is walked from left to right. A value goes into each of its expressions and another one
comes out: the places in a text that are reached, the words before a list, the nodes of a network.
Words and lists change the value. A sequence hands it from item to item; alternatives each get the
same one, and what comes out of them is joined:

    turn (on|off) {name}     one ─ turn ─ on ──┐
                                    └──── off ─┴─ joined ─ {name} ─ result
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from typing import Final, Generic, TypeVar

from hassil import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    Sentence,
    TextChunk,
)

from assistant.errors import HearthError

T = TypeVar("T")

_MOST_ORDERED: Final = 3
"""Of a permutation with more items only the written order is walked."""


class CircularRuleError(HearthError):
    """A rule needs itself; the message names it."""


class Traversal(ABC, Generic[T]):
    """Walks expressions. `rules`: what each `<rule>` stands for.

    What is not abstract is the usual way through an expression, and may be overridden.
    """

    def __init__(self, rules: Mapping[str, Sentence]) -> None:
        self._rules = rules
        self._inside: set[str] = set()

    @abstractmethod
    def words(self, text: str, value: T) -> T:
        """The value after some words; a space at either end says that a word ends there."""

    @abstractmethod
    def listed(self, reference: ListReference, value: T) -> T:
        """The value after a list."""

    @abstractmethod
    def joined(self, values: Iterable[T]) -> T:
        """The value after several ways, of which one is taken."""

    def after(self, expression: Expression, value: T) -> T:
        """The value after an expression.

        Raises:
            CircularRuleError: a rule needs itself.
            KeyError: a rule is not there.

        """
        if isinstance(expression, TextChunk):
            return self.words(expression.text, value)
        if isinstance(expression, RuleReference):
            return self.rule(expression.rule_name, value)
        if isinstance(expression, ListReference):
            return self.listed(expression, value)
        if isinstance(expression, Alternative):
            return self.alternatives(expression, value)
        if isinstance(expression, Permutation):
            return self.permutation(expression.items, value)
        return self.sequence(expression.items, value) if isinstance(expression, Group) else value

    def sequence(self, items: Iterable[Expression], value: T) -> T:
        """The value after expressions that follow each other."""
        for item in items:
            value = self.after(item, value)
        return value

    def alternatives(self, expression: Alternative, value: T) -> T:
        """The value after one of several; if the expression is optional, one of them is empty."""
        return self.joined(self.after(item, value) for item in expression.items)

    def permutation(self, items: Sequence[Expression], value: T) -> T:
        """The value after expressions in any order."""
        return self.joined(self.sequence(order, value) for order in orders(items))

    def rule(self, name: str, value: T) -> T:
        """The value after what a rule stands for."""
        if name in self._inside:
            raise CircularRuleError(f"the rule <{name}> needs itself")
        self._inside.add(name)
        try:
            return self.after(self._rules[name].expression, value)
        finally:
            self._inside.remove(name)


class Visitor(Traversal[None]):
    """A traversal for what is seen on the way: no value is handed on, and each item is met once."""

    def visit(self, expression: Expression) -> None:
        """Walk all of an expression."""
        self.after(expression, None)

    def joined(self, values: Iterable[None]) -> None:
        """Walk all ways."""
        for _ in values:
            pass

    def permutation(self, items: Sequence[Expression], value: None) -> None:
        """Walk each item once."""
        self.sequence(items, value)


def orders(items: Sequence[Expression]) -> Iterable[Sequence[Expression]]:
    """The orders of a permutation's items, but only the written one where there are many."""
    return permutations(items) if len(items) <= _MOST_ORDERED else [items]
