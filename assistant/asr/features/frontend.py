"""How a network wants to see the audio: the seam between features and recogniser."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.asr.features.whisper_mel import FLOOR, FeatureStream
from assistant.asr.networks.network import Floats


class FeatureExtractor(Protocol):
    """Features of one stream. What it holds is never changed in place: `copy.copy` is enough."""

    def accept(self, samples: NDArray[np.int16]) -> Floats:
        """Take samples and return the frames that are complete now, [m, mels]."""

    def finish(self) -> Floats:
        """The frames that were waiting for later samples, [m, mels]."""


class FrontEnd(Protocol):
    """Makes features."""

    floor: float
    """The value of features in silence."""

    def open(self) -> FeatureExtractor:
        """FeatureExtractor for a new stream."""


class _WhisperStream(FeatureStream):
    def finish(self) -> Floats:
        """Nothing: a frame waits for no later sample."""
        return self.accept(np.zeros(0, np.int16))


class WhisperFrontEnd:
    """Causal log-mel features: what models in Hearth's form are trained on."""

    floor = FLOOR

    def open(self) -> FeatureExtractor:
        """FeatureExtractor for a new stream."""
        return _WhisperStream()
