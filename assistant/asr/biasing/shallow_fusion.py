"""Names that are favoured while hypotheses are pruned.

`ShallowFusion` keeps the names in a prefix tree of letters and walks it with the letters of each
token, so a name is met however it is cut into tokens. A step along a name is given a boost; when
the words turn out to be others, what was given is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np

from assistant.asr.biasing.name_tree import Improbability, LeftContexts, NameTree, favoured
from assistant.asr.networks.network import Floats
from assistant.asr.result import BiasPhrase
from assistant.asr.vocabulary.tokens import WORD_START

GIVEN_BACK = 1e-3
"""Boosts are sums of floats, so that less than this is a rounding error."""


class Biaser(Protocol):
    """What the search asks. States are small numbers; a hypothesis carries one."""

    start: int

    def boost(self, state: int, token: int) -> float:
        """What a token is given after a state; negative where an earlier boost is taken back."""

    def onward(self, states: Sequence[int]) -> Floats | None:
        """What each next token is given that is a step along a name: [states, tokens].

        Minus infinity for all other tokens; None if there are no names.
        """

    def next(self, state: int, token: int) -> int:
        """The state after one more token."""

    def finish(self, state: int) -> float:
        """What is added if the utterance ends here: an unfinished name's boost, taken back."""

    def written(self, word: str) -> str:
        """How a word is written that was heard; another where it only sounds like a name."""


class NoBias:
    """Favours nothing."""

    start = 0

    def boost(self, state: int, token: int) -> float:  # noqa: ARG002
        """Nothing."""
        return 0.0

    def onward(self, states: Sequence[int]) -> None:
        """Nothing."""

    def next(self, state: int, token: int) -> int:  # noqa: ARG002
        """The only state."""
        return state

    def finish(self, state: int) -> float:  # noqa: ARG002
        """Nothing."""
        return 0.0

    def written(self, word: str) -> str:
        """As it was heard."""
        return word


class ShallowFusion:
    """Boosts by letters matched, in natural logs.

    A name is given `strength * weight` of its improbability, so that what the recogniser expects
    anyway gets little and what it has never heard of gets much. It is given on the way, in equal
    parts for the letters, so that the name is not dropped before it is complete. In a list of N
    names 0.5 log N is taken off, since one of many is less likely; and all of it counts less where
    no word stands before the name that it usually follows. Names begin and end where words do. A
    complete name keeps its worth, whatever follows.

    A state is a node of the tree, 0 its root, together with the left context of the words at the
    node: `node * contexts + context`.
    """

    start = 0

    def __init__(
        self,
        tokens: Sequence[str],
        phrases: Sequence[BiasPhrase],
        strength: float,
        improbability: Improbability,
    ) -> None:
        self._spelling = _spelling_of(tuple(tokens))
        names, groups, self._written = favoured(phrases, strength, improbability)
        self._left_contexts = LeftContexts(groups, (_first_and_last(name.text) for name in names))
        self._tree = NameTree(names, self._left_contexts.words, len(groups))
        self._count = len(self._left_contexts.factors)
        self._nothing = (0.0,) * len(groups)
        self._vectors: dict[int, Floats] = {}
        # These are asked again and again for the few nodes that a search comes to.
        self.next = lru_cache(4096)(self._next)
        self.finish = lru_cache(4096)(self._finish)
        self._steps = lru_cache(4096)(self._onward)
        self._given = lru_cache(4096)(self._boost_so_far)
        self._left = lru_cache(4096)(self._state_left)

    def written(self, word: str) -> str:
        """The name's word, where this is how it sounds."""
        return self._written.get(word, word)

    def boost(self, state: int, token: int) -> float:
        """What a token is given after a state."""
        return float(self._vector(state)[token])

    def onward(self, states: Sequence[int]) -> Floats:
        """What each next token is given that is a step along a name."""
        return np.array([self._steps(state) for state in states])

    def _onward(self, state: int) -> Floats:
        vector = self._vector(state)
        # What only gives a boost back is no way on along a name; the last letter may cost a little.
        return np.where(vector > self.finish(state) + GIVEN_BACK, vector, np.float32(-np.inf))

    def _vector(self, state: int) -> Floats:
        vector = self._vectors.get(state)
        if vector is None:
            vector = self._vectors[state] = self._made_vector(state)
        return vector

    def _made_vector(self, state: int) -> Floats:
        node, context = divmod(state, self._count)
        begins = self._spelling.begins
        vector: Floats = np.zeros(len(begins), np.float32)
        if node:
            missed = [self._missed(state, begins_word=begun) for begun in (True, False)]
            vector = np.where(begins, *missed)
        given = self._given(state)
        for token, child in self._matches(node):
            vector[token] = self._given(child * self._count + context) - given
        return vector

    def _missed(self, state: int, *, begins_word: bool) -> Floats:
        """What tokens are given that do not continue the name."""
        other = self._left(state, begins_word)
        kept = self._kept(state, ended=begins_word) or self._given(other)
        return self._vector(other) + np.float32(kept - self._given(state))

    def _next(self, state: int, token: int) -> int:
        node, context = divmod(state, self._count)
        child = self._tree.walk(node, self._spelling.tokens[token])
        if child is not None:
            return child * self._count + context
        if not node:
            return self.start
        return self.next(self._left(state, bool(self._spelling.begins[token])), token)

    def _finish(self, state: int) -> float:
        """What an unfinished name was given, taken back; but a later name may have ended here."""
        other, kept = state, self._kept(state, ended=True)
        while not kept and other >= self._count:
            other = self._left(other, True)
            kept = self._kept(other, ended=True)
        return kept - self._given(state)

    def _boost_so_far(self, state: int) -> float:
        """All that a hypothesis in this state has been given for the name it is in."""
        node, context = divmod(state, self._count)
        return self._tree.given(node, self._factors(node, context))

    def _factors(self, node: int, context: int) -> Sequence[float]:
        """How much each class of names counts here."""
        return (
            self._nothing if self._repeats(node, context) else self._left_contexts.factors[context]
        )

    def _repeats(self, node: int, context: int) -> bool:
        """Whether the name begins with the same word as the name just before it.

        A name is favoured once: else saying it again and again into a pause would pay.
        """
        said = self._left_contexts.said[context]
        return bool(said) and self._tree.text(node).split(WORD_START)[1:2] == [said]

    def _kept(self, state: int, *, ended: bool) -> float:
        """The worth of the longest complete name on the way to this state.

        `ended`: the word at the node is complete, so a name that ends in it counts.
        """
        node, context = divmod(state, self._count)
        factors = self._factors(node, context)
        if ended and (worth := self._tree.worth(node, factors)):
            return worth
        while node:
            node, letter = self._tree.parents[node]
            if letter == WORD_START and (worth := self._tree.worth(node, factors)):
                return worth
        return 0.0

    def _state_left(self, state: int, begins_word: bool) -> int:
        """Where it goes on when the next token does not continue what is at this state.

        After a complete name at the root; else at the longest later part of the words that begins
        a name too. The context is that of the word, or name, before.
        """
        node, context = divmod(state, self._count)
        text = self._tree.text(node)
        if self._kept(state, ended=begins_word) or self._repeats(node, context):
            if not begins_word:
                return self.start
            return self._left_contexts.after_name(*_first_and_last(text.replace(WORD_START, " ")))
        cut = 0
        while (cut := text.find(WORD_START, cut + 1)) > 0:
            if later := self._tree.walk(0, text[cut:]):
                return later * self._count + self._context_after(text[:cut])
        return self._context_after(text) if begins_word else self.start

    def _context_after(self, text: str) -> int:
        return self._left_contexts.after(text.rpartition(WORD_START)[2])

    def _matches(self, node: int) -> Iterator[tuple[int, int]]:
        """Tokens whose letters all continue a name, and the nodes they lead to."""
        open_ends = [(node, "")]
        while open_ends:
            node, text = open_ends.pop()
            for letter, child in self._tree.children[node].items():
                longer = text + letter
                for token in self._spelling.numbers.get(longer, ()):
                    yield token, child
                if longer in self._spelling.beginnings:
                    open_ends.append((child, longer))


def _first_and_last(text: str) -> tuple[str, str]:
    words = text.split()
    return words[0], words[-1]


class _Spelling:
    """The tokens by their letters."""

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self.tokens = tokens
        self.numbers: dict[str, list[int]] = {}
        """More than one where tokens differ in what is not written, such as capitals."""
        for number, text in enumerate(tokens):
            self.numbers.setdefault(text, []).append(number)
        self.beginnings = {text[:end] for text in tokens for end in range(1, len(text))}
        self.begins = np.array([text.startswith(WORD_START) for text in tokens])


# A recogniser favours other names in every utterance, with the same tokens.
_spelling_of = lru_cache(maxsize=4)(_Spelling)
