"""Whose voice an utterance is in: what is told of it to the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from assistant.speaker.embedding import Floats


@dataclass(frozen=True, slots=True)
class HeardVoice:
    """Whose voice an utterance is in."""

    name: str | None
    """`None`: a guest, or nobody can tell."""
    probability: float
    """Of the likeliest member, or that it is somebody else where `name` is `None`."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """The probability of each member."""
    embedding: Floats | None = None
    """`None` where there was too little speech."""
    speech: NDArray[np.int16] | None = None
    """What it was told by, int16 [n] at 16 kHz."""

    @property
    def speech_s(self) -> float:
        """Seconds of speech."""
        return 0.0 if self.speech is None else self.speech.size / SAMPLE_RATE
