"""A recogniser's internal language model, to be discounted.

Where another language model judges the words, what the recogniser knows of the language itself
would count twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from assistant.asr.biasing.internal_lm import InternalLanguageModel
from assistant.asr.networks.model_folder import load_model
from assistant.asr.networks.network import Floats, Network
from assistant.rescoring.language_model import END_TAG, NAME_TAG, Extension, Query

_CONTEXTS: Final = 20_000
"""Distributions that are kept, a kilobyte each."""


class RecogniserInside:
    """Implements `LanguageModel` for a recogniser's own network.

    A state is the last tokens, all that the predictor sees. A class tag and the sentence's end,
    which the recogniser does not emit, cost nothing.
    """

    def __init__(self, network: Network) -> None:
        self.name = f"the inside of {network.name}"
        self._inside = InternalLanguageModel(network)
        self.start = self._inside.start
        self._log_probs = lru_cache(_CONTEXTS)(self._after)

    @classmethod
    def load(cls, folder: Path) -> RecogniserInside:
        """Of the recogniser in a folder; raises `ModelError`."""
        return cls(load_model(folder).network)

    def extend(self, queries: Sequence[Query]) -> list[Extension]:
        """The answer to each query, in their order."""
        return [self._extended(query) for query in queries]

    def _extended(self, query: Query) -> Extension:
        context, log_prob = query.state, 0.0
        if not isinstance(context, tuple):
            raise TypeError("a state of another language model")
        word = query.word
        for token in () if word in {END_TAG, NAME_TAG} else self._inside.cut(word):
            log_prob += float(self._log_probs(context)[token])
            context = (*context[1:], token)
        return Extension(log_prob, context)

    def _after(self, context: tuple[int, ...]) -> Floats:
        log_probs: Floats = self._inside.log_probs(np.array([context], np.int64))[0]
        return log_probs
