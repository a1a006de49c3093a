"""A search for sentences by an output that hears each frame by itself.

Connectionist temporal classification (Graves et al., 2006): a frame says a token, goes on with the
one before it or says nothing, whatever was said before. So nothing has to be computed for each
hypothesis, and the search costs a fraction of one by the transducer. Like that one it gives every
token something: an output that is held to sentences would rather leave words out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from assistant.asr.biasing.sentences import SpelledSentences
from assistant.asr.decoding.sentence_beam import BeamSettings, SentenceBeam, States
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.networks.ctc import condensed
from assistant.asr.networks.network import Floats

_SURE: Final = -0.01
"""A frame is nothing but blank from this log-probability on."""


class CtcSearch(SentenceBeam):
    """The beam over one part of an utterance; a state's context is its last frame's token."""

    def __init__(
        self, sentences: SpelledSentences, vocabulary: Vocabulary, settings: BeamSettings
    ) -> None:
        self._blank = vocabulary.network.blank_id
        super().__init__(sentences, vocabulary, settings, self._blank)

    def hear(self, log_probs: Floats) -> None:
        """Take one more frame's log-probabilities [tokens]."""
        beam = self._beam
        silent = replace(
            beam,
            contexts=np.full_like(beam.contexts, self._blank),
            scores=beam.scores + log_probs[self._blank],
        )
        speaking = beam[np.flatnonzero(beam.contexts != self._blank)]
        going_on = replace(speaking, scores=speaking.scores + log_probs[speaking.contexts])
        stayed = States.of(silent, going_on)
        least = float(stayed.scores.max()) - self._settings.margin
        states = States.of(stayed, self._emitted(log_probs, least))
        least = float(states.scores.max()) - self._settings.margin
        self._beam = states.best(least, len(log_probs))[: self._settings.beam]

    def _emitted(self, log_probs: Floats, least: float) -> States:
        """The best states after another token; none with a score below `least`."""
        beam, gain = self._beam, self._settings.token_gain
        likeliest = np.delete(log_probs, self._blank).max()
        speaking = np.flatnonzero(beam.scores + likeliest + gain > least)
        if not len(speaking):
            return beam[:0]
        owners, tokens, arcs = self._next(beam, speaking)
        scores = log_probs[tokens] + beam.scores[owners] + gain
        # A token that is said twice has a blank in between.
        likely = np.flatnonzero((scores > least) & (tokens != beam.contexts[owners]))
        owners, tokens = owners[likely], tokens[likely]
        positions = self._sentences.ends(arcs[likely])
        emitted = States(positions, tokens, scores[likely], np.arange(len(likely)))
        best = emitted.best(least, len(log_probs))[: self._settings.beam]
        said = self._said(best.contexts, beam.said[owners[best.said]])
        return replace(best, said=said)


def find_by_ctc(
    log_probs: Floats,
    sentences: SpelledSentences,
    vocabulary: Vocabulary,
    settings: BeamSettings,
) -> dict[str, float]:
    """The sentences that log-probabilities [M, tokens] sound most like, and their scores."""
    search = CtcSearch(sentences, vocabulary, settings)
    frames, _ = condensed(log_probs, vocabulary.network.blank_id, _SURE)
    for frame in frames:
        search.hear(frame)
    return search.found()
