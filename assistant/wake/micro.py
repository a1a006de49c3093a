"""Wake words with microWakeWord: small streaming networks, a probability every 30 ms.

Method and models: https://github.com/kahrendt/microWakeWord
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from ctypes import c_void_p
from pathlib import Path

import numpy as np
import pymicro_wakeword
from numpy.typing import NDArray
from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures

from assistant.audio.source import Frame
from assistant.wake.detector import Wake
from assistant.wake.words import WakeWordError, resolve

_PACKAGE = Path(pymicro_wakeword.__file__).parent
BUILTIN = {path.stem: path for path in sorted((_PACKAGE / "models").glob("*.json"))}
"""Word to the model's JSON description, of the models in the wheel."""


class MicroDetector:
    """Listens for several words over one computation of features.

    `words` are built-in names or paths of a model's JSON description, which brings its threshold;
    `threshold` overrides it for all words.
    """

    def __init__(self, words: Sequence[str], threshold: float | None = None) -> None:
        models = resolve(words, BUILTIN, ".json")
        self._words = [_Word(_load(word, path, threshold)) for word, path in models.items()]
        self._features = MicroWakeWordFeatures()

    def process(self, frame: Frame) -> Wake | None:
        """Take 10 ms of audio; of the words above their thresholds, the most probable."""
        wakes = [
            wake
            for features in self._features.process_streaming(frame.tobytes())
            for word in self._words
            if (wake := word.process(features)) is not None
        ]
        return max(wakes, key=lambda wake: wake.probability, default=None)

    def reset(self) -> None:
        """Forget the audio heard so far."""
        self._features.reset()
        for word in self._words:
            word.reset()


class _Word:
    """One model and what it has heard.

    Does what `MicroWakeWord.process_streaming` does, in a fifth of the time: that spends most of
    it on Python around a network that takes 13 microseconds.
    """

    def __init__(self, model: MicroWakeWord) -> None:
        self._model = model
        self._heard: list[NDArray[np.float64]] = []
        self._recent: deque[float] = deque(maxlen=model.sliding_window_size)
        self._limits = np.iinfo(model.input_dtype)
        self._output = np.zeros(1, model.output_dtype)
        self._output_at = c_void_p(self._output.ctypes.data)

    def process(self, features: NDArray[np.float64]) -> Wake | None:
        """Take the features of 10 ms, [1, 1, 40]."""
        model = self._model
        self._heard.append(features)
        if len(self._heard) < model.stride:
            return None
        self._recent.append(self._infer(np.concatenate(self._heard, axis=1)))
        self._heard.clear()
        mean = sum(self._recent) / model.sliding_window_size
        if len(self._recent) < model.sliding_window_size or mean <= model.probability_cutoff:
            return None
        return Wake(model.id, mean)

    def reset(self) -> None:
        """Load the network again, since its state lives inside it."""
        self._heard.clear()
        self._recent.clear()
        self._model.reset()

    def _infer(self, features: NDArray[np.float64]) -> float:
        """Probability for [1, stride, 40], by the quantised network."""
        model = self._model
        scaled = np.rint(features / model.input_scale + model.input_zero_point)
        limits = self._limits
        quantised = scaled.clip(limits.min, limits.max).astype(model.input_dtype)
        at = c_void_p(quantised.ctypes.data)
        model.lib.TfLiteTensorCopyFromBuffer(model.input_tensor, at, quantised.nbytes)
        model.lib.TfLiteInterpreterInvoke(model.interpreter)
        output = self._output
        model.lib.TfLiteTensorCopyToBuffer(model.output_tensor, self._output_at, output.nbytes)
        probability: float = (int(output[0]) - model.output_zero_point) * model.output_scale
        return probability


def _load(word: str, description: Path, threshold: float | None) -> MicroWakeWord:
    """The model that a description names; the library's own loader prints to standard output."""
    try:
        settings = json.loads(description.read_text("utf-8"))
        micro = settings["micro"]
        return MicroWakeWord(
            id=word,
            wake_word=settings["wake_word"],
            tflite_model=_existing(description.parent / settings["model"]),
            probability_cutoff=micro["probability_cutoff"] if threshold is None else threshold,
            sliding_window_size=micro["sliding_window_size"],
            trained_languages=micro.get("trained_languages", []),
            libtensorflowlite_c_path=_library(),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{description}: not a microWakeWord description ({error!r})"
        raise WakeWordError(message) from None


def _existing(model: Path) -> Path:
    if not model.is_file():
        raise WakeWordError(f"wake word model {model}: no such file")
    return model


def _library() -> Path:
    found = next(iter((_PACKAGE / "lib").glob("*tensorflowlite_c.*")), None)
    if found is None:
        raise WakeWordError(
            "pymicro-wakeword has no TensorFlow Lite for this machine; reinstall it"
        )
    return found
