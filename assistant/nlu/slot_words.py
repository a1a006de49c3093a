"""Which words stand before the names in sentence templates: "call" before a person's.

The recogniser favours a name more where a sentence makes it likely.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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

Words = frozenset[str]


class SlotWords:
    """Finds the words before each list's places in some sentences."""

    def __init__(self, rules: Mapping[str, Sentence]) -> None:
        self._rules = rules
        self._before: dict[str, set[str]] = {}

    def before(self, sentences: Iterable[Expression]) -> Mapping[str, Words]:
        """For each list, the words that can stand right before it."""
        for sentence in sentences:
            self._after(sentence, frozenset())
        return {name: frozenset(words) for name, words in self._before.items()}

    def _after(self, expression: Expression, before: Words) -> Words:
        """The words that can be the last after `expression`, where `before` can be before it."""
        if isinstance(expression, TextChunk):
            words = expression.text.lower().split()
            return frozenset(words[-1:]) if words else before
        if isinstance(expression, ListReference):
            self._before.setdefault(expression.list_name, set()).update(before)
            return frozenset()
        if isinstance(expression, RuleReference):
            return self._after(self._rules[expression.rule_name].expression, before)
        if isinstance(expression, Alternative | Permutation):
            ends = [self._after(item, before) for item in expression.items]
            return frozenset[str]().union(*ends)
        if isinstance(expression, Group):
            for item in expression.items:
                before = self._after(item, before)
        return before
