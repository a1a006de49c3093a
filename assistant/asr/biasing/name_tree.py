"""The names that are favoured, as a prefix tree of letters with what each node is worth.

Names come in classes: those that are likely after the same words. A name's worth depends on the
word before it, so a node has a worth for each class, and a left context (what the word before makes
likely) says how much each class counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from assistant.asr.result import BiasPhrase
from assistant.asr.vocabulary.function_words import FUNCTION_WORDS
from assistant.asr.vocabulary.spelling import spelled
from assistant.asr.vocabulary.tokens import WORD_START

LIST_COST: Final = 0.5
"""How much of log N is taken off each name's worth: one of many names is less likely."""
ELSEWHERE: Final = 0.7
"""How much of a name's worth is left where no word that it follows stands before it."""


Improbability = Callable[[Sequence[str]], Sequence[float]]
"""How improbable the recogniser holds each of some texts, in nats."""


@dataclass(frozen=True, slots=True)
class Favoured:
    """A name as the recogniser writes it, or one that sounds like it."""

    text: str
    letter: float
    """Natural log given for each letter on the way."""
    worth: float
    """For the whole name, when it is complete."""
    group: int
    """Its class."""


class LeftContexts:
    """What the word before makes likely, and the name that was just said. Context 0: nothing."""

    def __init__(self, groups: Sequence[tuple[str, ...]], ends: Iterable[tuple[str, str]]) -> None:
        """`ends`: the first and last words of names."""
        groups_after: dict[str, set[int]] = {}
        for group, words in enumerate(groups):
            for word in words:
                groups_after.setdefault(spelled(word), set()).add(group)
        kinds = list(dict.fromkeys(frozenset(likely) for likely in groups_after.values()))
        self._numbers = {word: 1 + kinds.index(frozenset(g)) for word, g in groups_after.items()}
        self._said = {each: n for n, each in enumerate(dict.fromkeys(ends), 1 + len(kinds))}
        self.said = ("",) * (1 + len(kinds)) + tuple(first for first, _ in self._said)
        """For each left context, the word that the name just before begins with."""
        likely = [frozenset[int](), *kinds]
        likely += [likely[self.after(last)] for _, last in self._said]
        self.factors = [
            tuple(
                1.0 if group in found or not words else ELSEWHERE
                for group, words in enumerate(groups)
            )
            for found in likely
        ]
        """For each left context, how much each class of names counts."""

    @property
    def words(self) -> Iterable[str]:
        """The words that make some names likely."""
        return self._numbers

    def after(self, word: str) -> int:
        """The left context after a word."""
        return self._numbers.get(word, 0)

    def after_name(self, first: str, last: str) -> int:
        """The left context after a name with these first and last words."""
        return self._said.get((first, last)) or self.after(last)


class NameTree:
    """Nodes are numbers, 0 the root. A word's letters follow its mark, `▁`."""

    def __init__(self, names: Iterable[Favoured], paths: Iterable[str], groups: int) -> None:
        self.children: list[dict[str, int]] = [{}]
        self.parents: list[tuple[int, str]] = [(0, "")]
        self._promised: list[list[float]] = [[0.0] for _ in range(groups)]
        self._worth: dict[int, list[float]] = {}
        for name in names:
            self._insert(name, groups)
        for path in paths:
            self._walk_making(path)

    def _walk_making(self, text: str) -> list[int]:
        """The nodes along a text's letters, made where they are missing."""
        nodes, node = [], 0
        for letter in WORD_START + text.replace(" ", WORD_START):
            child = self.children[node].get(letter)
            if child is None:
                child = self.children[node][letter] = len(self.children)
                self.children.append({})
                self.parents.append((node, letter))
                for promised in self._promised:
                    promised.append(0.0)
            nodes.append(child)
            node = child
        return nodes

    def _insert(self, name: Favoured, groups: int) -> None:
        nodes = self._walk_making(name.text)
        promised = self._promised[name.group]
        letters = 0
        for node in nodes:
            letters += self.parents[node][1] != WORD_START
            promised[node] = max(promised[node], letters * name.letter)
        worth = self._worth.setdefault(nodes[-1], [0.0] * groups)
        worth[name.group] = max(worth[name.group], name.worth)

    def worth(self, node: int, factors: Sequence[float]) -> float:
        """What the name that is complete at this node is worth; 0 where none is."""
        found = self._worth.get(node)
        return max(map(float.__mul__, found, factors)) if found else 0.0

    def given(self, node: int, factors: Sequence[float]) -> float:
        """What a hypothesis at this node has been given: for a name, or for the best way on."""
        if node in self._worth:
            return self.worth(node, factors)
        return max(
            promised[node] * factor
            for promised, factor in zip(self._promised, factors, strict=True)
        )

    def text(self, node: int) -> str:
        """The letters that lead to a node."""
        letters = []
        while node:
            node, letter = self.parents[node]
            letters.append(letter)
        return "".join(reversed(letters))

    def walk(self, node: int, text: str) -> int | None:
        """Where the letters of `text` lead from `node`."""
        for letter in text:
            child = self.children[node].get(letter)
            if child is None:
                return None
            node = child
        return node


def favoured(
    phrases: Sequence[BiasPhrase], strength: float, improbability: Improbability
) -> tuple[list[Favoured], list[tuple[str, ...]], dict[str, str]]:
    """The names worth favouring, the classes' words, and how words heard otherwise are written."""
    groups = list(dict.fromkeys(phrase.after for phrase in phrases)) or [()]
    discount = LIST_COST * math.log(max(1, len(phrases)))
    said = [(phrase, each) for phrase in phrases for each in _said(phrase)]
    names: list[Favoured] = []
    written: dict[str, str] = {}
    costs = improbability([heard for _, heard in said])
    for (phrase, heard), cost in zip(said, costs, strict=True):
        made_up = strength * phrase.weight * cost
        if made_up <= discount:
            continue
        letter = made_up / len(heard.replace(" ", ""))
        names.append(Favoured(heard, letter, made_up - discount, groups.index(phrase.after)))
        words = zip(heard.split(), spelled(phrase.text).split(), strict=True)
        written |= {word: own for word, own in words if word != own}
    return names, groups, written


def _said(phrase: BiasPhrase) -> list[str]:
    """A name and what it sounds like, as it is written; nothing for function words only."""
    text = spelled(phrase.text)
    if FUNCTION_WORDS.issuperset(text.split()):
        return []
    heard = (_as_many_words(spelled(sound), text) for sound in phrase.sounds_like)
    return [text, *filter(None, heard)]


def _as_many_words(heard: str, text: str) -> str:
    """A sound as one word where the name is one; empty where the words do not pair up."""
    if " " not in text:
        return heard.replace(" ", "")
    return heard if heard.count(" ") == text.count(" ") else ""
