"""A search for sentences by a transducer.

A frame-synchronous beam over the same encoder outputs as the open search: a hypothesis takes only
tokens that the network of sentences allows. Hypotheses at one place of the network whose predictor
has the same context have the same future; the better one is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.biasing.sentences import SpelledSentences
from assistant.asr.decoding.frames import ScoredFrame
from assistant.asr.decoding.sentence_beam import BeamSettings, SentenceBeam, States
from assistant.asr.decoding.vocabulary import Vocabulary

SYMBOLS: Final = 2
"""Tokens that one frame may emit."""


class TransducerSearch(SentenceBeam):
    """The beam over one part of an utterance; a state's context is the predictor's."""

    def __init__(
        self, sentences: SpelledSentences, vocabulary: Vocabulary, settings: BeamSettings
    ) -> None:
        super().__init__(sentences, vocabulary, settings, vocabulary.start)
        self._blank = vocabulary.network.blank_id

    def hear(self, frame: ScoredFrame) -> None:
        """Take one more frame."""
        settings, contexts = self._settings, self._vocabulary.contexts
        active, stayed, most = self._beam, [], -np.inf
        for left in range(SYMBOLS, -1, -1):
            rows = np.array(frame.rows(active.contexts.tolist()))
            scores = active.scores + frame.log_probs[rows, self._blank]
            stayed.append(replace(active, scores=scores))
            most = max(most, float(scores.max()))
            # What is below this cannot come within the margin again, not even with one more token.
            least = most - settings.margin - settings.token_gain
            active = self._emitted(active, rows, frame, least) if left else active[:0]
            if not len(active.scores):
                break
        self._beam = States.of(*stayed).best(most - settings.margin, contexts)[: settings.beam]

    def _emitted(
        self, active: States, rows: NDArray[np.intp], frame: ScoredFrame, least: float
    ) -> States:
        """The best states after one more token; none with a score below `least`."""
        gain = self._settings.token_gain
        # Where not even the likeliest token would do, there is no need to know what is allowed.
        speaking = np.flatnonzero(active.scores + frame.likeliest(rows) + gain > least)
        if not len(speaking):
            return active[:0]
        owners, tokens, arcs = self._next(active, speaking)
        scores = frame.log_probs[rows[owners], tokens] + active.scores[owners] + gain
        likely = np.flatnonzero(scores > least)
        owners, tokens = owners[likely], tokens[likely]
        positions = self._sentences.ends(arcs[likely])
        contexts = self._vocabulary.context(active.contexts[owners], tokens)
        emitted = States(positions, contexts, scores[likely], np.arange(len(likely)))
        best = emitted.best(least, self._vocabulary.contexts)[: self._settings.beam]
        said = self._said(tokens[best.said], active.said[owners[best.said]])
        return replace(best, said=said)


def find_by_transducer(
    frames: Iterable[ScoredFrame],
    sentences: SpelledSentences,
    vocabulary: Vocabulary,
    settings: BeamSettings,
) -> dict[str, float]:
    """The sentences that some frames sound most like, best first, and their scores."""
    search = TransducerSearch(sentences, vocabulary, settings)
    for frame in frames:
        search.hear(frame)
    return search.found()
