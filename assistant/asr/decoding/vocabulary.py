"""A network's tokens and their scores, as every decoder over a transducer wants them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats, Network
from assistant.asr.vocabulary.byte_tokens import joined
from assistant.asr.vocabulary.tokens import WORD_START, is_special

CONTEXTS: Final = 4096
"""Predictor outputs that are kept, about a kilobyte each."""

Numbers = NDArray[np.int64]


class Vocabulary:
    """What the search needs to know of the tokens, and the predictor's outputs seen so far.

    A context, the last tokens, is all that the predictor sees. It is written as one number, whose
    digits are the tokens.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.begins = [token.startswith(WORD_START) for token in network.tokens]
        self.texts = [token.replace(WORD_START, "") for token in network.tokens]
        self._digits = len(network.tokens) ** np.arange(network.context_size)[::-1]
        self._kept = int(self._digits[0])
        self.contexts: Final = len(network.tokens) ** network.context_size
        """How many there are."""
        self.start: Final = network.blank_id * int(self._digits.sum())
        """The context before the first token."""
        specials = [i for i, token in enumerate(network.tokens) if is_special(token)]
        # A token without text counts as a blank: it changes nothing that anyone sees.
        self.silent = np.array(sorted({network.blank_id, *specials}))
        self._predicted: dict[int, Floats | None] = {}
        """By context, what the predictor puts out [P]."""
        self.word = lru_cache(CONTEXTS)(self._word)

    @overload
    def context(self, before: int, token: int) -> int: ...

    @overload
    def context(self, before: Numbers, token: Numbers) -> Numbers: ...

    def context(self, before: int | Numbers, token: int | Numbers) -> int | Numbers:
        """The context after one more token."""
        return before % self._kept * len(self.texts) + token

    def scores(self, encoded: Floats, contexts: Sequence[int]) -> tuple[Floats, Floats]:
        """What encoder outputs [M, D] make of the tokens after each context.

        Log-probabilities [contexts, M, tokens], silent tokens as blanks; and the probabilities
        [contexts, M] that the sentence has ended.
        """
        shape = len(contexts), len(encoded)
        predicted = np.repeat(self._predict(contexts), len(encoded), axis=0)
        scores = self.network.join(np.tile(encoded, (len(contexts), 1)), predicted)
        scores = scores.astype(np.float32, copy=False)
        scores -= scores.max(axis=1, keepdims=True)
        probabilities = np.exp(scores)
        total = probabilities.sum(axis=1)
        blank = np.log(probabilities[:, self.silent].sum(axis=1) / total + 1e-30)
        eos = self.network.eos_id
        ends = np.zeros_like(total) if eos is None else probabilities[:, eos] / total
        scores -= np.log(total)[:, None]
        scores[:, self.silent] = -np.inf
        scores[:, self.network.blank_id] = blank
        return scores.reshape(*shape, -1), ends.reshape(shape)

    def _predict(self, contexts: Sequence[int]) -> Floats:
        """The predictor's outputs [contexts, P]. Several threads may ask at the same time."""
        found = {context: self._predicted.get(context) for context in contexts}
        new = [context for context, predicted in found.items() if predicted is None]
        if new:
            tokens = np.array(new)[:, None] // self._digits % len(self.texts)
            found |= zip(new, self.network.predict(tokens), strict=True)
            if len(self._predicted) + len(new) > CONTEXTS:
                self._predicted = {}
            self._predicted.update((context, found[context]) for context in new)
        return np.array([found[context] for context in contexts])

    def _word(self, tokens: tuple[int, ...]) -> str:
        """The text of a word's tokens."""
        return joined(self.texts[token] for token in tokens)
