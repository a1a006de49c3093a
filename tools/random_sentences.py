"""Sentences that templates allow, drawn by chance, for the tools that speak them."""

# ruff: noqa: INP001 - beside scripts, not part of a package
from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import yaml
from hassil import Expression, Intents, ListReference, RangeSlotList, TextSlotList
from hassil.expression import Alternative

from assistant.nlu.expressions import Traversal
from assistant.nlu.numbers import number_words


class _Drawing(Traversal[str]):
    """Says one of the things that an expression allows, after a text."""

    def __init__(self, intents: Intents, rng: random.Random) -> None:
        super().__init__(intents.expansion_rules)
        self._lists, self._rng = intents.slot_lists, rng

    def words(self, text: str, value: str) -> str:
        return value + text

    def listed(self, reference: ListReference, value: str) -> str:
        values = self._lists[reference.list_name]
        if isinstance(values, RangeSlotList):
            return value + number_words(self._rng.randint(values.start, values.stop))
        if isinstance(values, TextSlotList):
            return self.after(self._rng.choice(values.values).text_in, value)
        raise ValueError(f"anything can be said for {{{reference.list_name}}}")

    def joined(self, values: Iterable[str]) -> str:
        return self._rng.choice(list(values))

    def alternatives(self, expression: Alternative, value: str) -> str:
        return self.after(self._rng.choice(expression.items), value)

    def permutation(self, items: Sequence[Expression], value: str) -> str:
        for item in self._rng.sample(items, len(items)):
            value = self.after(item, value) + " "
        return value


def sentences(file: Path, seed: int) -> Iterator[str]:
    """Endless sentences of the intents of a file in turn, as they are spoken."""
    intents = Intents.from_dict(yaml.safe_load(file.read_text("utf-8")))
    rng = random.Random(seed)
    drawing = _Drawing(intents, rng)
    templates = [
        [each.expression for data in intent.data for each in data.sentences]
        for intent in intents.intents.values()
    ]
    while True:
        for of_intent in templates:
            yield " ".join(drawing.after(rng.choice(of_intent), "").split())
