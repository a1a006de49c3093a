"""Which phonemes an utterance says, by what the recogniser's encoder makes of it.

The network that `training.phonemes` trains, with NumPy: a layer beside the joiner, on the encoder's
outputs of the second pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from assistant.asr.networks import int8_file
from assistant.asr.networks.ctc import log_softmax
from assistant.asr.networks.network import Floats

FRAMES_PER_OUTPUT: Final = 2
"""How often phonemes are asked for in each encoder output."""
BLANK: Final = 0
SIGNS: Final = "phonemes"
"""The name of the phonemes, a letter each; their numbers begin with 1."""


def side_by_side(outputs: Floats, inner: Floats) -> Floats:
    """Encoder outputs [M, D] with the inner ones [k M, W] that each is made of: [M, D + k W]."""
    if not len(inner):
        return outputs
    return np.concatenate([outputs, inner.reshape(len(outputs), -1)], axis=1)


class PhonemeNetwork:
    """The network, by its weights; `signs` are the phonemes that it knows."""

    def __init__(self, weights: Mapping[str, Floats], signs: str) -> None:
        self.signs = signs
        self._weights = weights
        self._numbers = {sign: number for number, sign in enumerate(signs, 1)}

    @classmethod
    def load(cls, file: Path) -> PhonemeNetwork:
        """The network in a file as `training.export_phonemes` writes it.

        Raises:
            OSError, ValueError, KeyError, BadZipFile: it cannot be read, or is something else.

        """
        arrays = int8_file.read(file)
        signs = str(arrays.pop(SIGNS))
        return cls(arrays, signs)

    def numbers(self, said: str) -> list[int]:
        """Numbers of phonemes; those that the network does not know are left out."""
        return [self._numbers[sign] for sign in said if sign in self._numbers]

    def log_probs(self, heard: Floats) -> Floats:
        """Log-probabilities [2 M, 1 + P] of blank and phonemes in what is heard [M, D]."""
        weights = self._weights
        x = _silu(self._linear("heard", (heard - weights["offset"]) * weights["factor"]))
        taps = weights["around.weight"].shape[2]
        wide = np.pad(x, ((taps // 2, taps // 2), (0, 0)))
        near = np.concatenate([wide[tap : tap + len(x)] for tap in range(taps)], axis=1)
        kernel = (
            weights["around.weight"].transpose(0, 2, 1).reshape(len(weights["around.bias"]), -1)
        )
        x = x + _silu(near @ kernel.T + weights["around.bias"])
        return log_softmax(self._linear("out", x).reshape(-1, 1 + len(self.signs)))

    def _linear(self, name: str, x: Floats) -> Floats:
        made: Floats = x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return made


def _silu(x: Floats) -> Floats:
    return np.asarray(x / (1 + np.exp(-np.clip(x, -30, 30))), np.float32)
