"""Whether somebody whispers: the `WhisperDetector` Protocol."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

WHISPERED: Final = 0.5
"""The probability from which speech counts as whispered."""


def is_whisper(probability: float | None) -> bool:
    """Whether something with this probability counts as whispered."""
    return probability is not None and probability >= WHISPERED


class WhisperStream(Protocol):
    """Listens to one utterance; light enough for the thread in which it is recognised."""

    def accept(self, samples: NDArray[np.int16]) -> None:
        """Hear int16 [n] at 16 kHz."""

    def probability(self) -> float | None:
        """That what was heard so far is whispered; `None` where nothing can tell."""


class WhisperDetector(Protocol):
    """Tells whispers from speech with a voice."""

    def open(self) -> WhisperStream:
        """For a new utterance."""


class _NoStream:
    def accept(self, samples: NDArray[np.int16]) -> None:
        """Nothing is listened to."""

    def probability(self) -> float | None:
        """Nobody knows."""
        return None


class NoDetector:
    """Where there is none."""

    def open(self) -> WhisperStream:
        """One that never knows."""
        return _NoStream()
