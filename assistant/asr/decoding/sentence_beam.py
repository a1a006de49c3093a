"""What searches that are held to sentences have in common: a beam, and what led to its states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.asr.biasing.sentences import Numbers, SpelledSentences
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.vocabulary.byte_tokens import joined

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BeamSettings:
    """How widely a search looks for sentences."""

    beam: int
    margin: float
    """What is this much below the best state (natural log) is dropped."""
    token_gain: float
    """Given to a token (natural log)."""
    texts: int = 4


@dataclass(frozen=True, slots=True)
class States:
    """Hypotheses, each with an entry in every array."""

    positions: Numbers
    """In the network of sentences."""
    contexts: Numbers
    """The last tokens, on which the next one's likelihood depends, as a number."""
    scores: Doubles
    said: Numbers
    """Their last tokens' numbers among all that were emitted."""

    def __getitem__(self, which: NDArray[np.intp] | slice) -> States:
        return States(
            self.positions[which], self.contexts[which], self.scores[which], self.said[which]
        )

    @classmethod
    def of(cls, *some: States) -> States:
        """Those of several together."""
        return cls(
            np.concatenate([each.positions for each in some]),
            np.concatenate([each.contexts for each in some]),
            np.concatenate([each.scores for each in some]),
            np.concatenate([each.said for each in some]),
        )

    def best(self, least: float, contexts: int) -> States:
        """Those above `least`, best first; of those with the same future the best one.

        There are so many contexts.
        """
        order = np.argsort(-self.scores, kind="stable")
        ranked = self[order[: np.count_nonzero(self.scores > least)]]
        futures = ranked.positions * contexts + ranked.contexts
        _, first = np.unique(futures, return_index=True)
        return ranked[np.sort(first)]


class SentenceBeam:
    """The states that a search keeps over one part of an utterance, and how they came about."""

    def __init__(
        self,
        sentences: SpelledSentences,
        vocabulary: Vocabulary,
        settings: BeamSettings,
        start: int,
    ) -> None:
        """`start` is the context before the first token."""
        self._sentences, self._vocabulary, self._settings = sentences, vocabulary, settings
        self._tokens = [-1]
        """All that were emitted, after one that stands for nothing."""
        self._before = [-1]
        """The number of the token before each."""
        begin = np.array([sentences.begin()]), np.array([start])
        self._beam = States(*begin, np.zeros(1), np.zeros(1, np.int64))

    def _next(
        self, active: States, speaking: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], Numbers, Numbers]:
        """Tokens that may come after some of the states, whose, and the arcs that they are on."""
        places = active.positions[speaking].tolist()
        allowed = [self._sentences.arcs(position) for position in places]
        owners = np.repeat(speaking, [len(each.tokens) for each in allowed])
        tokens = np.concatenate([each.tokens for each in allowed])
        return owners, tokens, np.concatenate([each.numbers for each in allowed])

    def _said(self, tokens: Numbers, before: Numbers) -> Numbers:
        """The numbers of tokens that come after others, which are remembered."""
        first = len(self._tokens)
        self._tokens += tokens.tolist()
        self._before += before.tolist()
        return np.arange(first, len(self._tokens))

    def found(self) -> dict[str, float]:
        """The sentences that may end here, best first, and their scores."""
        beam, found = self._beam, dict[str, float]()
        for position, said, score in zip(
            beam.positions.tolist(), beam.said.tolist(), beam.scores.tolist(), strict=True
        ):
            if len(found) == self._settings.texts:
                break
            if self._sentences.final(position):
                found.setdefault(self._text(said), score)
        return found

    def _text(self, said: int) -> str:
        tokens = []
        while said > 0:
            tokens.append(self._tokens[said])
            said = self._before[said]
        pieces = self._vocabulary.network.tokens
        return joined(pieces[token] for token in reversed(tokens)).replace("▁", " ").strip()
