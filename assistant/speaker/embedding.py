"""Embeddings of voices: what a network says of who speaks, whatever is said."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

LEAST_S: Final = 0.5
"""Less speech says nothing of who speaks."""
MOST_S: Final = 4.0
"""So much of the newest speech is looked at: more costs time and tells little more."""

Floats = NDArray[np.float32]


class Embedder(Protocol):
    """Turns speech into embeddings; heavy."""

    version: str
    """Embeddings of different versions cannot be compared."""

    def embed(self, speech: NDArray[np.int16]) -> Floats:
        """Speech of `LEAST_S` at least, int16 [n] at 16 kHz, to a vector of any length."""


def length(vector: Floats) -> float:
    """The length of a vector."""
    return float(np.linalg.norm(vector))


def normalised(vector: Floats) -> Floats:
    """The vector, or each row, with the length 1."""
    return np.asarray(vector / np.linalg.norm(vector, axis=-1, keepdims=True), np.float32)
