"""Every word of some sentence templates, which is what a misheard word may have been."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from hassil import Expression, Group, ListReference, Sentence, TextChunk

from assistant.nlu.expressions import Visitor


def words_of(expressions: Iterable[Expression], rules: Mapping[str, Sentence]) -> set[str]:
    """The words of expressions and of their rules, with optional endings joined."""
    collector = _Collector(rules)
    for expression in expressions:
        collector.visit(expression)
    return collector.found


class _Collector(Visitor):
    """Takes every word on its way."""

    def __init__(self, rules: Mapping[str, Sentence]) -> None:
        super().__init__(rules)
        self.found: set[str] = set()
        self._rules_seen: set[str] = set()

    def rule(self, name: str, value: None) -> None:
        """A rule's words are the same wherever it stands."""
        if name not in self._rules_seen:
            super().rule(name, value)
            self._rules_seen.add(name)

    def after(self, expression: Expression, value: None) -> None:
        super().after(expression, value)
        if isinstance(expression, Group):
            self.found.update(_inflected(expression.items))

    def words(self, text: str, _value: None) -> None:
        self.found.update(text.lower().split())

    def listed(self, reference: ListReference, _value: None) -> None:
        """A list's values are no words of the template."""


def _inflected(items: Sequence[Expression]) -> Iterator[str]:
    """The word "lights" where a template says `light[s]`."""
    for stem, ending in pairwise(items):
        if not isinstance(stem, TextChunk) or not isinstance(ending, Group):
            continue
        if not stem.text.strip() or stem.text.endswith(" "):
            continue
        for item in ending.items:
            chunk = item.items[0] if isinstance(item, Group) and item.items else item
            if isinstance(chunk, TextChunk) and chunk.text.strip():
                yield (stem.text.split()[-1] + chunk.text.strip()).lower()
