"""Names that are favoured while hypotheses are pruned.

`ShallowFusion` keeps the names in a prefix tree of letters and walks it with the letters of each
token, so a name is met however it is cut into tokens. A step along a name is given a boost; when
the words turn out to be others, what was given is taken back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, Protocol

import numpy as np

from assistant.asr.network import Floats
from assistant.asr.result import BiasPhrase
from assistant.asr.spelling import spelled
from assistant.asr.tokens import WORD_START

_COMMON_WORDS: Final = """
a all an and at be by do for from go he her his i in is it its my no not of off on or our out she
so that the their them they this to up was we what with yes you your
"""
COMMON: Final = frozenset(_COMMON_WORDS.split())
"""A name made of these only is not favoured: it would be heard everywhere."""
FULL_LETTERS: Final = 8
"""A name's letters after this many count half: a long name needs less help for each."""


class Biaser(Protocol):
    """What the search asks. States are small numbers; a hypothesis carries one."""

    start: int

    def boosts(self, states: Sequence[int]) -> Floats | None:
        """What each next token is given after each state: [states, tokens]; None for nothing.

        Negative where an earlier boost is taken back.
        """

    def next(self, state: int, token: int) -> int:
        """The state after one more token."""

    def finish(self, state: int) -> float:
        """What is added if the utterance ends here: an unfinished name's boost, taken back."""


class NoBias:
    """Favours nothing."""

    start = 0

    def boosts(self, states: Sequence[int]) -> None:
        """Nothing."""

    def next(self, state: int, token: int) -> int:  # noqa: ARG002
        """The only state."""
        return state

    def finish(self, state: int) -> float:  # noqa: ARG002
        """Nothing."""
        return 0.0


class ShallowFusion:
    """Boosts by letters matched, less where many names share them.

    After `d` letters of a name that `n` of all `N` names begin with, a hypothesis has been given
    `strength * weight * d * (1 - log n / log(N + 1))`: the first letters of a long list say
    little, the letters of one name much. Names begin and end where words do. A name that is
    complete keeps its boost, whatever follows; a state is a node of the tree, 0 its root.
    """

    start = 0

    def __init__(
        self, pieces: Sequence[str], phrases: Sequence[BiasPhrase], strength: float
    ) -> None:
        self._strength = strength
        self._spelling = _Spelling(tuple(pieces))
        self._children: list[dict[str, int]] = [{}]
        self._parents: list[tuple[int, str]] = [(0, "")]
        self._counts = [0]
        self._weights = [0.0]
        self._ends: set[int] = set()
        for text, weight in _favoured(phrases).items():
            self._insert(text, weight)
        self._log_total = math.log(len(self._ends) + 1)
        self._vectors: dict[int, Floats] = {}
        # These are asked again and again for the few nodes that a search comes to.
        self.next = lru_cache(4096)(self._next)
        self._given = lru_cache(4096)(self._boost_so_far)
        self._fallback = lru_cache(4096)(self._shorter)

    def _insert(self, text: str, weight: float) -> None:
        children, counts, weights = self._children, self._counts, self._weights
        node = 0
        for letter in WORD_START + text.replace(" ", WORD_START):
            child = children[node].get(letter)
            if child is None:
                child = children[node][letter] = len(children)
                children.append({})
                self._parents.append((node, letter))
                counts.append(0)
                weights.append(weight)
            node = child
            counts[node] += 1
            weights[node] = max(weights[node], weight)
        self._ends.add(node)

    def _boost_so_far(self, node: int) -> float:
        """All that a hypothesis at this node has been given for the name it is in."""
        letters = sum(letter != WORD_START for letter in self._text(node))
        if not letters:
            return 0.0
        letters_counted = min(letters, FULL_LETTERS) + max(0, letters - FULL_LETTERS) / 2
        share = 1.0 - math.log(self._counts[node]) / self._log_total
        return self._strength * self._weights[node] * letters_counted * share

    def boosts(self, states: Sequence[int]) -> Floats:
        """What each next token is given: [states, tokens]."""
        return np.stack([self._vector(state) for state in states])

    def _vector(self, state: int) -> Floats:
        vector = self._vectors.get(state)
        if vector is None:
            vector = self._vectors[state] = self._made_vector(state)
        return vector

    def _made_vector(self, state: int) -> Floats:
        given = self._given(state)
        begins = self._spelling.begins
        if state == 0:
            vector = np.zeros(len(begins), np.float32)
        else:
            vector = np.where(
                begins,
                self._missed(state, begins_word=True),
                self._missed(state, begins_word=False),
            )
        for token, node in self._matches(state):
            vector[token] = self._given(node) - given
        return vector

    def _missed(self, state: int, *, begins_word: bool) -> Floats:
        """What tokens are given that do not continue the name."""
        kept = self._kept(state, ended=begins_word)
        if not kept:
            other = self._fallback(state)
            return self._vector(other) + np.float32(self._given(other) - self._given(state))
        change = np.float32(kept - self._given(state))
        if begins_word:
            return self._vector(0) + change
        return np.full(len(self._spelling.begins), change)

    def _next(self, state: int, token: int) -> int:
        node = self._walk(state, self._spelling.pieces[token])
        if node is not None:
            return node
        if state == 0:
            return 0
        begins_word = bool(self._spelling.begins[token])
        other = 0 if self._kept(state, ended=begins_word) else self._fallback(state)
        return self.next(other, token)

    def finish(self, state: int) -> float:
        """What an unfinished name was given, taken back."""
        return self._kept(state, ended=True) - self._given(state)

    def _kept(self, state: int, *, ended: bool) -> float:
        """The boost of the longest complete name on the way to this node.

        `ended`: the word at the node is complete, so a name that ends in it counts.
        """
        if ended and state in self._ends:
            return self._given(state)
        while state:
            state, letter = self._parents[state]
            if letter == WORD_START and state in self._ends:
                return self._given(state)
        return 0.0

    def _shorter(self, state: int) -> int:
        """The node for the longest later part of the words at `state` that begins a name too."""
        text = self._text(state)
        while (cut := text.find(WORD_START, 1)) > 0:
            text = text[cut:]
            node = self._walk(0, text)
            if node is not None:
                return node
        return 0

    def _text(self, state: int) -> str:
        letters = []
        while state:
            state, letter = self._parents[state]
            letters.append(letter)
        return "".join(reversed(letters))

    def _walk(self, node: int, text: str) -> int | None:
        """Where the letters of `text` lead from `node`."""
        for letter in text:
            child = self._children[node].get(letter)
            if child is None:
                return None
            node = child
        return node

    def _matches(self, state: int) -> Iterator[tuple[int, int]]:
        """Tokens whose letters all continue a name, and the nodes they lead to."""
        open_ends = [(state, "")]
        while open_ends:
            node, text = open_ends.pop()
            for letter, child in self._children[node].items():
                longer = text + letter
                for token in self._spelling.numbers.get(longer, ()):
                    yield token, child
                if longer in self._spelling.beginnings:
                    open_ends.append((child, longer))


class _Spelling:
    """The tokens by their letters."""

    def __init__(self, pieces: tuple[str, ...]) -> None:
        self.pieces = pieces
        self.numbers: dict[str, list[int]] = {}
        """More than one where tokens differ in what is not written, such as capitals."""
        for number, piece in enumerate(pieces):
            self.numbers.setdefault(piece, []).append(number)
        self.beginnings = {piece[:end] for piece in pieces for end in range(1, len(piece))}
        self.begins = np.array([piece.startswith(WORD_START) for piece in pieces])


def _favoured(phrases: Sequence[BiasPhrase]) -> dict[str, float]:
    """Phrases as the recogniser writes them, with the greatest weight of each."""
    weights: dict[str, float] = {}
    for phrase in phrases:
        text = spelled(phrase.text)
        if phrase.weight > 0 and not COMMON.issuperset(text.split()):
            weights[text] = max(phrase.weight, weights.get(text, 0.0))
    return weights
