"""The language model that a transducer has learned inside itself.

A transducer's predictor and joiner know what its training sentences were like. What they expect is
estimated by what the joiner says when it hears nothing, the blank left out (Variani et al., 2020;
Meng et al., 2021).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats, Network
from assistant.asr.vocabulary.tokens import WORD_START, is_special

_ROWS: Final = 1024
"""Tokens that are looked at in one go."""
_WORDS: Final = 20_000
_CUTS: Final = 24
"""Ways to cut a word that are compared."""


class InternalLanguageModel:
    """What the recogniser over a network expects; not for several threads at once."""

    def __init__(self, network: Network) -> None:
        self.start: tuple[int, ...] = (network.blank_id,) * network.context_size
        self._network = network
        self._numbers = {text: number for number, text in enumerate(network.tokens)}
        self._silent = [
            number
            for number, text in enumerate(network.tokens)
            if number == network.blank_id or is_special(text)
        ]
        self._known: dict[str, float] = {}
        self.cut = lru_cache(_WORDS)(self._cut)
        self.usual_cut = lru_cache(_WORDS)(self._usual_cut)

    def log_probs(self, contexts: NDArray[np.int64]) -> Floats:
        """Log-probabilities [B, V] of the token after each context, tokens without text left out.

        `contexts` [B, C] are the last tokens, all that the predictor sees.
        """
        predicted = self._network.predict(contexts)
        scores = self._network.join(self._nothing, predicted).astype(np.float32)
        scores[:, self._silent] = -np.inf
        scores -= scores.max(axis=1, keepdims=True)
        log_probs: Floats = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return log_probs

    def improbability(self, texts: Sequence[str]) -> list[float]:
        """The negative log-probability of each text, in nats; what cannot be written costs nothing.

        What was asked last is known by heart, so that a list with one more text, or a part of the
        list, is quick.
        """
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        if fresh:
            known = self._known | dict(zip(fresh, self._improbable(fresh), strict=True))
            self._known = {text: known[text] for text in texts}
        return [self._known[text] for text in texts]

    def _improbable(self, texts: Sequence[str]) -> list[float]:
        said = [[token for word in text.split() for token in self.cut(word)] for text in texts]
        return self._costs(said)

    def _costs(self, sentences: Sequence[Sequence[int]]) -> list[float]:
        """The negative log-probability of each row of tokens."""
        size = len(self.start)
        contexts: list[tuple[int, ...]] = []
        tokens: list[int] = []
        owners: list[int] = []
        for owner, sentence in enumerate(sentences):
            said = (*self.start, *sentence)
            for at in range(len(sentence)):
                contexts.append(said[at : at + size])
                tokens.append(said[at + size])
                owners.append(owner)
        sums = np.zeros(len(sentences))
        for at in range(0, len(tokens), _ROWS):
            part = slice(at, at + _ROWS)
            log_probs = self.log_probs(np.array(contexts[part], np.int64))
            costs = -log_probs[np.arange(len(log_probs)), tokens[part]]
            np.add.at(sums, owners[part], costs)
        return [float(each) for each in sums]

    @cached_property
    def _nothing(self) -> Floats:
        """An encoder output of zeros."""
        network = self._network
        frames = network.chunk_frames + network.look_ahead_frames
        silence = np.zeros((frames, network.mels), np.float32)
        encoded, _ = network.encode(silence, network.initial_state())
        return np.zeros_like(encoded[0])

    def _cut(self, word: str) -> tuple[int, ...]:
        """A word's tokens: as few as possible, the first ones as long as possible.

        The recogniser's file of tokens has no probabilities, and this is how sentencepiece nearly
        always cuts. What cannot be cut is left out.
        """
        text = WORD_START + word
        best: list[tuple[int, ...] | None] = [()] + [None] * len(text)
        for end in range(1, len(text) + 1):
            for start in range(end):
                before, token = best[start], self._numbers.get(text[start:end])
                if before is None or token is None:
                    continue
                known = best[end]
                if known is None or len(before) + 1 < len(known):
                    best[end] = (*before, token)
        return best[-1] or ()

    def _usual_cut(self, word: str) -> tuple[int, ...]:
        """A word's tokens as training cut them, which is what the recogniser expects most.

        Among the cuts with hardly more tokens than need be. Nothing where it cannot be cut.
        """
        shortest = self._cut(word)
        if not shortest:
            return ()
        cuts = list(islice(self._cuts(WORD_START + word, len(shortest) + 1), _CUTS))
        return min(zip(self._costs(cuts), cuts, strict=True))[1]

    def _cuts(self, text: str, most: int) -> Iterator[tuple[int, ...]]:
        """All ways to cut a text into at most so many tokens."""
        if not text:
            yield ()
        elif most:
            for end in range(len(text), 0, -1):
                token = self._numbers.get(text[:end])
                if token is not None:
                    for rest in self._cuts(text[end:], most - 1):
                        yield (token, *rest)
