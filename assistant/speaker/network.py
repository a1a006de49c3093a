"""The network that embeds voices, on ONNX Runtime.

Features as 3D-Speaker computes them: Kaldi's log-mel values (80 bins up to Nyquist, 25 ms windows
of Povey's shape), less their mean over the speech, which takes the microphone's colour away.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.features.kaldi_fbank import KaldiFrontEnd
from assistant.asr.networks.onnx import session
from assistant.audio.source import SAMPLE_RATE
from assistant.speaker.embedding import MOST_S, Floats
from assistant.speaker.manifest import NETWORK, SpeakerManifest, read_manifest

MELS: Final = 80


class OnnxEmbedder:
    """The network of a model folder; raises `ModelError` for one that holds none."""

    def __init__(self, folder: Path) -> None:
        self.manifest: SpeakerManifest = read_manifest(folder)
        self.version = self.manifest.version
        self._network = session(folder / NETWORK, optimised=True)

    def embed(self, speech: NDArray[np.int16]) -> Floats:
        """Embed the newest `MOST_S` of speech."""
        features = speaker_features(speech[-round(MOST_S * SAMPLE_RATE) :])
        return np.asarray(self._network.run(None, {"features": features[None]})[0][0], np.float32)


def speaker_features(speech: NDArray[np.int16]) -> Floats:
    """int16 [n] to float32 [m, 80], each bin's mean being 0."""
    frames = KaldiFrontEnd(MELS, high_hz=0.0).frames(speech.astype(np.float32) / 32768.0)
    return np.asarray(frames - frames.mean(axis=0), np.float32)
