"""Which sentence templates can match a text at all: a filter in front of hassil.

From each template the clauses are taken that every match satisfies: "one of these strings occurs
in the text". A template with an unsatisfied clause cannot match. All strings are looked for once a
text, and clauses are tested as bit masks, so that some hundred templates are sifted in less than a
tenth of a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hassil import (
    Alternative,
    Expression,
    ListReference,
    RangeSlotList,
    Sentence,
    SlotList,
    TextSlotList,
)

from assistant.nlu.expressions import Traversal

Clause = frozenset[str]
"""At least one of these must occur in the text."""
Clauses = tuple[Clause, ...]

NUMBER = "{number}"
"""Stands in a clause for "the text has a digit"."""


def marker(list_name: str) -> str:
    """What stands in a clause for "the text mentions a name of this list"."""
    return f"{{{list_name}}}"


class Requirements(Traversal[Clauses]):
    """Reads the clauses of expressions.

    The value of the traversal is the clauses that every text satisfies which matches so far.
    """

    def __init__(
        self, rules: Mapping[str, Sentence], lists: Mapping[str, SlotList], names: Iterable[str]
    ) -> None:
        super().__init__(rules)
        self._lists = lists
        self._names = frozenset(names)

    def of(self, expression: Expression) -> Clauses:
        """The clauses that every text matching `expression` satisfies."""
        return self.after(expression, ())

    def words(self, text: str, value: Clauses) -> Clauses:
        """Each of the words occurs."""
        return (*value, *(frozenset({word}) for word in text.lower().split()))

    def listed(self, reference: ListReference, value: Clauses) -> Clauses:
        """A name of the home's, a number, or one of the list's values occurs."""
        name = reference.list_name
        values = self._lists.get(name)
        if name in self._names:
            return (*value, frozenset({marker(name)}))
        if isinstance(values, RangeSlotList):
            return (*value, frozenset({NUMBER}))
        if isinstance(values, TextSlotList):
            return (*value, *self.joined(self.of(each.text_in) for each in values.values))
        return value

    def alternatives(self, expression: Alternative, value: Clauses) -> Clauses:
        """What one of them demands, if there has to be one."""
        if expression.is_optional:
            return value
        return (*value, *self.joined(map(self.of, expression.items)))

    def permutation(self, items: Sequence[Expression], value: Clauses) -> Clauses:
        """What each of them demands."""
        return self.sequence(items, value)

    def joined(self, values: Iterable[Clauses]) -> Clauses:
        """One clause for several ways: from each its most telling clause."""
        union: set[str] = set()
        for clauses in values:
            if not clauses:
                return ()
            telling: Clause = min(clauses, key=_vagueness)
            union |= telling
        return (frozenset(union),) if union else ()


def _vagueness(clause: Clause) -> tuple[int, int]:
    return len(clause), -max(map(len, clause))


class TemplateIndex:
    """Clauses of many templates as bit masks; finds the templates that a text may match.

    Each template is filed under the strings of its most telling clause, so that only those filed
    under a string that occurs are looked at.
    """

    def __init__(self, templates: Iterable[Iterable[Clause]]) -> None:
        self._bits: dict[str, int] = {}
        self._masks: list[tuple[int, ...]] = []
        self._filed: dict[str, list[int]] = {}
        self._always: list[int] = []
        for position, clauses in enumerate(templates):
            distinct = sorted(set(clauses), key=_vagueness)
            self._masks.append(tuple(self._mask(clause) for clause in distinct))
            if not distinct:
                self._always.append(position)
            for text in distinct[0] if distinct else ():
                self._filed.setdefault(text, []).append(position)

    def _mask(self, clause: Clause) -> int:
        mask = 0
        for text in clause:
            mask |= self._bits.setdefault(text, 1 << len(self._bits))
        return mask

    def possible(self, text: str, markers: Iterable[str]) -> list[int]:
        """Positions of the templates that may match the text, given what it mentions."""
        present = 0
        candidates = set(self._always)
        given = set(markers)
        for part, bit in self._bits.items():
            if part in given or (part in text and not part.startswith("{")):
                present |= bit
                candidates.update(self._filed.get(part, ()))
        return sorted(
            position
            for position in candidates
            if all(present & mask for mask in self._masks[position])
        )
