"""A search that may only say given texts: how well the transducer hears what another one wrote."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.asr.bias import Biaser
from assistant.asr.lexicon import Lexicon
from assistant.asr.network import Floats
from assistant.asr.search import Search, SearchSettings, Vocabulary
from assistant.asr.tokens import WORD_START
from assistant.lattice import Hypothesis

_ELSEWHERE = -1e9
"""Given to a token that leaves the texts."""
_UNFINISHED = -1e6
"""Given to a text that the utterance ends within."""
_MARGIN = 30.0
"""How far below the likeliest a text may be at any frame (natural log)."""
_STATES = 8
"""Ways to stand in a text at one frame that are kept, for each text."""


class Following:
    """A biaser that lets only given texts pass, and otherwise favours what `inner` favours.

    A state is a place in a tree of the texts' letters and a state of `inner`.
    """

    def __init__(self, pieces: Sequence[str], texts: Sequence[str], inner: Biaser) -> None:
        self._pieces, self._inner = pieces, inner
        self._children: list[dict[str, int]] = [{}]
        self._ends: set[int] = set()
        for text in texts:
            self._add("".join(WORD_START + word for word in text.split()))
        self._states: list[tuple[int, int]] = []
        self._numbers: dict[tuple[int, int], int] = {}
        self.start = self._number(0, inner.start)
        self._onward: dict[int, Floats] = {}
        self.over = False
        """Whether the utterance has ended, so that an unfinished text counts for nothing."""

    def boost(self, state: int, token: int) -> float:
        """See `Biaser`."""
        node, favoured = self._states[state]
        if self._walked(node, token) is None:
            return _ELSEWHERE
        return self._inner.boost(favoured, token)

    def onward(self, states: Sequence[int]) -> Floats:
        """See `Biaser`."""
        for state in states:
            if state not in self._onward:
                self._onward[state] = self._row(state)
        return np.array([self._onward[state] for state in states])

    def _row(self, state: int) -> Floats:
        node, favoured = self._states[state]
        given = np.full(len(self._pieces), -np.inf, np.float32)
        for token in range(len(self._pieces)):
            if self._walked(node, token) is not None:
                given[token] = self._inner.boost(favoured, token)
        return given

    def next(self, state: int, token: int) -> int:
        """See `Biaser`."""
        node, favoured = self._states[state]
        place = self._walked(node, token)
        return self._number(0 if place is None else place, self._inner.next(favoured, token))

    def finish(self, state: int) -> float:
        """See `Biaser`."""
        node, favoured = self._states[state]
        unfinished = self.over and node not in self._ends
        return self._inner.finish(favoured) + (_UNFINISHED if unfinished else 0.0)

    def written(self, word: str) -> str:
        """See `Biaser`."""
        return self._inner.written(word)

    def _add(self, letters: str) -> None:
        node = 0
        for letter in letters:
            if letter not in self._children[node]:
                self._children[node][letter] = len(self._children)
                self._children.append({})
            node = self._children[node][letter]
        self._ends.add(node)

    def _number(self, node: int, favoured: int) -> int:
        state = node, favoured
        if state not in self._numbers:
            self._numbers[state] = len(self._states)
            self._states.append(state)
        return self._numbers[state]

    def _walked(self, node: int, token: int) -> int | None:
        for letter in self._pieces[token]:
            child = self._children[node].get(letter)
            if child is None:
                return None
            node = child
        return node


class FollowingSearch:
    """A search that says nothing but some texts."""

    def __init__(
        self, vocabulary: Vocabulary, texts: Sequence[str], bias: Biaser, lexicon: Lexicon
    ) -> None:
        states = self._most = _STATES * len(texts)
        self._only = Following(vocabulary.network.pieces, texts, bias)
        settings = SearchSettings(
            beam=states, names=states, margin=_MARGIN, hope=_MARGIN, branches=1
        )
        self._search = Search(vocabulary, settings, self._only, lexicon)

    def finish(self, outputs: Floats, frame_s: float) -> list[Hypothesis]:
        """The texts that could be said with encoder outputs [M, D], as they score and time them."""
        for vector in outputs:
            self._search.step(vector)
        self._only.over = True
        found = self._search.graph(frame_s).nbest(4 * self._most)
        return [hypothesis for hypothesis in found if hypothesis.log_prob > _UNFINISHED / 2]
