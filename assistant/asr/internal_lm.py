"""What a transducer expects to be said before it has heard anything: its internal language model.

The zero-encoder estimate of Meng et al., "Internal language model estimation for domain-adaptive
end-to-end speech recognition" (2021): the joiner is given nothing for what was heard, and of its
scores only those of tokens that are written count.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.network import Floats, Network
from assistant.asr.tokens import WORD_START, is_special

_ROWS: Final = 1024
"""Tokens that are looked at in one go."""


class InternalLanguageModel:
    """Says how improbable texts are to a recogniser. What it was asked last it knows by heart."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._numbers = {
            piece: number
            for number, piece in reversed(list(enumerate(network.pieces)))
            if number not in {network.blank_id, network.eos_id} and not is_special(piece)
        }
        self._longest = max(map(len, self._numbers), default=0)
        self._known: dict[str, float] = {}

    def __call__(self, texts: Sequence[str]) -> list[float]:
        """The negative log-probability of each text, in nats; 0 for what it cannot write."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        known = self._known | dict(zip(fresh, self._improbable(fresh), strict=True))
        self._known = {text: known[text] for text in texts}
        return [known[text] for text in texts]

    def _improbable(self, texts: Sequence[str]) -> list[float]:
        cuts = [self._cut(text) for text in texts]
        size = self._network.context_size
        history = [[self._network.blank_id] * size + cut for cut in cuts]
        contexts = [past[at : at + size] for past in history for at in range(len(past) - size)]
        tokens = [token for cut in cuts for token in cut]
        owners = np.repeat(np.arange(len(cuts)), [len(cut) for cut in cuts])
        costs = [
            self._costs(np.array(contexts[at : at + _ROWS], np.int64), tokens[at : at + _ROWS])
            for at in range(0, len(tokens), _ROWS)
        ]
        sums = np.zeros(len(cuts))
        np.add.at(sums, owners, np.concatenate(costs) if costs else 0.0)
        return [float(each) for each in sums]

    def _costs(self, contexts: NDArray[np.int64], tokens: Sequence[int]) -> Floats:
        """What each token costs after its context."""
        scores = self._network.join(self._nothing, self._network.predict(contexts))
        written = scores[:, sorted(self._numbers.values())].astype(np.float64)
        most = written.max(axis=1)
        total = most + np.log(np.exp(written - most[:, None]).sum(axis=1))
        return np.asarray(total - scores[np.arange(len(tokens)), tokens], np.float32)

    @cached_property
    def _nothing(self) -> Floats:
        """An encoder output of zeros."""
        network = self._network
        frames = network.chunk_frames + network.look_ahead_frames
        silence = np.zeros((frames, network.mels), np.float32)
        encoded, _ = network.encode(silence, network.initial_state())
        return np.zeros_like(encoded[0])

    def _cut(self, text: str) -> list[int]:
        """A text as tokens, the longest that fit one after another."""
        rest = WORD_START + text.replace(" ", WORD_START) if text else ""
        tokens = []
        while rest:
            fitting = (n for n in range(min(self._longest, len(rest)), 0, -1))
            length = next((n for n in fitting if rest[:n] in self._numbers), 0)
            if length:
                tokens.append(self._numbers[rest[:length]])
            rest = rest[length or 1 :]
        return tokens
