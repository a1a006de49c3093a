"""A model's CTC output: what each encoder output says by itself, whatever was said before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks import int8_file
from assistant.asr.networks.network import Floats

WEIGHT: Final = "weight"
BIAS: Final = "bias"


@dataclass(frozen=True, slots=True)
class CtcOutput:
    """A layer beside the joiner (connectionist temporal classification, Graves et al., 2006)."""

    weight: Floats
    """[tokens, D]"""
    bias: Floats
    """[tokens]"""

    @classmethod
    def load(cls, file: Path) -> CtcOutput:
        """The output in a file as `write` makes it.

        Raises:
            OSError, ValueError, KeyError, BadZipFile: it cannot be read, or is something else.

        """
        arrays = int8_file.read(file)
        weight, bias = arrays[WEIGHT], arrays[BIAS]
        if weight.ndim != 2 or bias.shape != weight.shape[:1]:  # noqa: PLR2004 - a matrix
            raise ValueError(f"weights {weight.shape} and {bias.shape} do not fit")
        return cls(weight, bias)

    def write(self, file: Path) -> None:
        """Write the layer, its matrix in int8."""
        int8_file.write(file, {WEIGHT: self.weight, BIAS: self.bias}, {})

    def log_probs(self, outputs: Floats) -> Floats:
        """Log-probabilities [M, tokens] of what encoder outputs [M, D] say; silence is a blank."""
        return log_softmax(outputs @ self.weight.T + self.bias)


def log_softmax(scores: Floats) -> Floats:
    """Log-probabilities of scores, each row by itself."""
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)), np.float32)


def condensed(log_probs: Floats, blank: int, sure: float) -> tuple[Floats, NDArray[np.int64]]:
    """Of each run of frames that are sure to be blank only the first; and where the kept ones are.

    Sure is a blank above a log-probability. Most frames are, and for what can be read from the
    rest one of them is as good as many.
    """
    silent = log_probs[:, blank] > sure
    kept = np.flatnonzero(~(silent & np.r_[False, silent[:-1]]))
    return log_probs[kept], kept
