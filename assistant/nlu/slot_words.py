"""Which words stand before the names in sentence templates: "call" before a person's.

The recogniser favours a name more where a sentence makes it likely.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hassil import Expression, ListReference, Sentence

from assistant.nlu.expressions import Traversal

Words = frozenset[str]
_NONE: Words = frozenset()


class SlotWords(Traversal[Words]):
    """Finds the words before each list's places in some sentences.

    The value of the traversal is the words that can be the last ones before an expression.
    """

    def __init__(self, rules: Mapping[str, Sentence]) -> None:
        super().__init__(rules)
        self._before: dict[str, set[str]] = {}

    def before(self, sentences: Iterable[Expression]) -> Mapping[str, Words]:
        """For each list, the words that can stand right before it."""
        for sentence in sentences:
            self.after(sentence, _NONE)
        return {name: frozenset(words) for name, words in self._before.items()}

    def words(self, text: str, value: Words) -> Words:
        """The last word."""
        words = text.lower().split()
        return frozenset(words[-1:]) if words else value

    def listed(self, reference: ListReference, value: Words) -> Words:
        """No word: what is said for a list is not known."""
        self._before.setdefault(reference.list_name, set()).update(value)
        return _NONE

    def joined(self, values: Iterable[Words]) -> Words:
        """All of them."""
        return _NONE.union(*values)

    def permutation(self, items: Sequence[Expression], value: Words) -> Words:
        """As alternatives: what stands before the others is found there."""
        return self.joined([self.after(item, value) for item in items])
