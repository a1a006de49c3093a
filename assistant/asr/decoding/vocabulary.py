"""A network's tokens and their scores, as every decoder over a transducer wants them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from assistant.asr.networks.network import Floats, Network
from assistant.asr.vocabulary.byte_tokens import joined
from assistant.asr.vocabulary.tokens import WORD_START, is_special

CONTEXTS: Final = 1024
"""Predictor outputs that are kept, about a kilobyte each."""


class Vocabulary:
    """What the search needs to know of the tokens, and the predictor's outputs seen so far."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.begins = [token.startswith(WORD_START) for token in network.tokens]
        self.texts = [token.replace(WORD_START, "") for token in network.tokens]
        specials = [i for i, token in enumerate(network.tokens) if is_special(token)]
        # A token without text counts as a blank: it changes nothing that anyone sees.
        self.silent = np.array(sorted({network.blank_id, *specials}))
        self.predicted = lru_cache(CONTEXTS)(self._predicted)
        self.word = lru_cache(CONTEXTS)(self._word)

    def scores(self, encoded: Floats, contexts: Sequence[tuple[int, ...]]) -> tuple[Floats, Floats]:
        """What an encoder output [D] makes of the tokens after each context.

        Log-probabilities [contexts, tokens], silent tokens as blanks; and the probabilities
        [contexts] that the sentence has ended.
        """
        predicted = np.array([self.predicted(context) for context in contexts])
        scores = self.network.join(encoded, predicted).astype(np.float32)
        scores -= scores.max(axis=1, keepdims=True)
        probabilities = np.exp(scores)
        total = probabilities.sum(axis=1)
        blank = np.log(probabilities[:, self.silent].sum(axis=1) / total + 1e-30)
        eos = self.network.eos_id
        ends = np.zeros_like(total) if eos is None else probabilities[:, eos] / total
        scores -= np.log(total)[:, None]
        scores[:, self.silent] = -np.inf
        scores[:, self.network.blank_id] = blank
        return scores, ends

    def _predicted(self, context: tuple[int, ...]) -> Floats:
        predicted: Floats = self.network.predict(np.array([context], np.int64))[0]
        return predicted

    def _word(self, tokens: tuple[int, ...]) -> str:
        """The text of a word's tokens."""
        return joined(self.texts[token] for token in tokens)
