"""Wake words with openWakeWord: larger networks over speech embeddings, every 80 ms.

Method and models: https://github.com/dscripka/openWakeWord
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyopen_wakeword
from pyopen_wakeword import Model, OpenWakeWord, OpenWakeWordFeatures

from assistant.audio.source import Frame
from assistant.wake.detector import Wake
from assistant.wake.words import resolve

DEFAULT_THRESHOLD = 0.5
CHUNK_BYTES = 1280 * 2
"""80 ms, the step of the features; smaller pieces would only be copied about."""

BUILTIN = {
    model.value: Path(pyopen_wakeword.__file__).parent / "models" / f"{model.value}.tflite"
    for model in Model
}
"""Word to model file, of the models in the wheel."""


class OpenDetector:
    """Listens for several words over one computation of embeddings.

    `words` are built-in names or paths of `.tflite` models.
    """

    def __init__(self, words: Sequence[str], threshold: float | None = None) -> None:
        models = resolve(words, BUILTIN, ".tflite")
        self._threshold = DEFAULT_THRESHOLD if threshold is None else threshold
        self._features = OpenWakeWordFeatures.from_builtin()
        self._models = {word: OpenWakeWord.from_model(path) for word, path in models.items()}
        self._waiting = b""
        self._warm_up()

    def process(self, frame: Frame) -> Wake | None:
        """Take 10 ms of audio; of the words above the threshold, the most probable."""
        self._waiting += frame.tobytes()
        if len(self._waiting) < CHUNK_BYTES:
            return None
        chunk, self._waiting = self._waiting, b""
        wakes = [wake for wake in self._hear(chunk) if wake.probability > self._threshold]
        return max(wakes, key=lambda wake: wake.probability, default=None)

    def reset(self) -> None:
        """Forget the audio heard so far: back to the state after the warm-up."""
        self._waiting = b""
        audio, mels, new_audio, new_mels = self._warm
        self._features.audio, self._features.mels = audio.copy(), mels.copy()
        self._features.new_audio_samples, self._features.new_mels = new_audio, new_mels
        for model, (embeddings, new) in zip(self._models.values(), self._warm_models, strict=True):
            model.embeddings, model.new_embeddings = embeddings.copy(), new

    def _hear(self, chunk: bytes) -> list[Wake]:
        return [
            Wake(word, float(probability))
            for embeddings in self._features.process_streaming(chunk)
            for word, model in self._models.items()
            for probability in model.process_streaming(embeddings)
        ]

    def _warm_up(self) -> None:
        """Hear the silence the library fills its memory with, a second's work, once."""
        self._hear(bytes(CHUNK_BYTES))
        features = self._features
        self._warm = (
            features.audio.copy(),
            features.mels.copy(),
            features.new_audio_samples,
            features.new_mels,
        )
        self._warm_models = [
            (model.embeddings.copy(), model.new_embeddings) for model in self._models.values()
        ]
