"""The language model that a transducer has learned inside itself, to be discounted.

A transducer's predictor and joiner know what its training sentences were like. Where another
language model judges the words, that knowledge would count twice. The internal score is estimated
by what the joiner says when it hears nothing, the blank left out (Variani et al., 2020; Meng et
al., 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from assistant.asr.model_folder import load_model
from assistant.asr.network import Floats, Network
from assistant.asr.tokens import WORD_START, is_special
from assistant.cloud.language_model import END_TAG, NAME_TAG, Extension, Query

_CONTEXTS: Final = 20_000
"""Distributions that are kept, a kilobyte each."""
_WORDS: Final = 20_000


class InternalLanguageModel:
    """Implements `LanguageModel` for a recogniser's own network.

    A state is the last tokens, all that the predictor sees. A class tag and the sentence's end,
    which the recogniser does not emit, cost nothing.
    """

    def __init__(self, network: Network) -> None:
        self.name = f"the inside of {network.name}"
        self.start = (network.blank_id,) * network.context_size
        self._network = network
        self._pieces = {piece: number for number, piece in enumerate(network.pieces)}
        self._silent = [
            number
            for number, piece in enumerate(network.pieces)
            if number == network.blank_id or is_special(piece)
        ]
        frame = np.zeros((network.chunk_frames + network.look_ahead_frames, network.mels))
        encoded, _ = network.encode(frame.astype(np.float32), network.initial_state())
        self._nothing = np.zeros_like(encoded[0])
        self._log_probs = lru_cache(_CONTEXTS)(self._after)
        self._tokens = lru_cache(_WORDS)(self._cut)

    @classmethod
    def load(cls, folder: Path) -> InternalLanguageModel:
        """Of the recogniser in a folder; raises `ModelError`."""
        return cls(load_model(folder).network)

    def extend(self, queries: Sequence[Query]) -> list[Extension]:
        """The answer to each query, in their order."""
        return [self._extended(query) for query in queries]

    def _extended(self, query: Query) -> Extension:
        context, log_prob = query.state, 0.0
        if not isinstance(context, tuple):
            raise TypeError("a state of another language model")
        for token in self._tokens(query.word):
            log_prob += float(self._log_probs(context)[token])
            context = (*context[1:], token)
        return Extension(log_prob, context)

    def _after(self, context: tuple[int, ...]) -> Floats:
        """Log-probabilities [V] of the token after a context, tokens without text left out."""
        predicted = self._network.predict(np.array([context], np.int64))
        scores = self._network.join(self._nothing, predicted)[0].astype(np.float32)
        scores[self._silent] = -np.inf
        scores -= scores.max()
        log_probs: Floats = scores - np.log(np.exp(scores).sum())
        return log_probs

    def _cut(self, word: str) -> tuple[int, ...]:
        """A word's tokens: as few as possible, the first ones as long as possible.

        The recogniser's file of tokens has no probabilities, and this is how sentencepiece nearly
        always cuts. What cannot be cut is left out.
        """
        if word in {END_TAG, NAME_TAG}:
            return ()
        text = WORD_START + word
        best: list[tuple[int, ...] | None] = [()] + [None] * len(text)
        for end in range(1, len(text) + 1):
            for start in range(end):
                before, token = best[start], self._pieces.get(text[start:end])
                if before is None or token is None:
                    continue
                known = best[end]
                if known is None or len(before) + 1 < len(known):
                    best[end] = (*before, token)
        return best[-1] or ()
