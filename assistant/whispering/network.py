"""A recurrent network that hears whispers, in NumPy: so small that no runtime is worth loading.

A layer of gated recurrent units (Cho et al., 2014) reads `features` frame by frame, as the
recurrent networks of Raeesy et al. ("LSTM-based whisper detection", 2018, arXiv 1809.07832) do.
For each frame it says how whispered it sounds, and how much that tells; the utterance is the mean
of the former, weighed by the latter, over all frames so far.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.manifest import ModelError
from assistant.asr.networks.recurrent import gated_units, sigmoid
from assistant.asr.networks.single import SingleNetwork
from assistant.audio.source import SAMPLE_RATE
from assistant.whispering.detector import WhisperStream
from assistant.whispering.features import COUNT, Features, Floats

NETWORK: Final = "network.npz"
MODEL: Final = SingleNetwork("hearth-whisper-detector", "detector of whispers", NETWORK)
FEW_FRAMES: Final = 5.0
UNLIKELY: Final = -4.0
"""So many frames with this logit count before the first one: where little was said, no whisper."""
STEP_S: Final = 0.5
"""So much audio is heard at a time."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the units, in the order reset, update, new; and of the two outputs."""

    of_input: Floats
    """[COUNT, 3 units]"""
    of_state: Floats
    """[units, 3 units]"""
    input_bias: Floats
    """[3 units]"""
    state_bias: Floats
    """[3 units]"""
    of_output: Floats
    """[units, 2]: how whispered, how much it tells"""
    output_bias: Floats
    """[2]"""

    @property
    def units(self) -> int:
        """How many there are."""
        return len(self.of_state)

    def fit(self) -> bool:
        """Whether their shapes go together."""
        units = self.units
        return (
            self.of_input.shape == (COUNT, 3 * units)
            and self.of_state.shape == (units, 3 * units)
            and self.input_bias.shape == self.state_bias.shape == (3 * units,)
            and self.of_output.shape == (units, 2)
            and self.output_bias.shape == (2,)
        )


class RecurrentWhisperDetector:
    """The network of a model folder; raises `ModelError` for one that holds none."""

    def __init__(self, folder: Path) -> None:
        manifest = MODEL.check(folder)
        self.version = manifest.version
        self._weights = read_weights(folder / NETWORK)

    def open(self) -> WhisperStream:
        """For a new utterance."""
        return RecurrentWhisperStream(self._weights)


class RecurrentWhisperStream:
    """One utterance, heard in steps of `STEP_S`."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._features = Features()
        self._state = np.zeros(weights.units, np.float32)
        self._waiting: list[NDArray[np.int16]] = []
        self._told, self._weight = FEW_FRAMES * UNLIKELY, FEW_FRAMES

    def accept(self, samples: NDArray[np.int16]) -> None:
        """Hear int16 [n] at 16 kHz."""
        self._waiting.append(samples)
        if sum(each.size for each in self._waiting) >= STEP_S * SAMPLE_RATE:
            self._hear()

    def probability(self) -> float:
        """That what was heard so far is whispered."""
        self._hear()
        return 0.5 + 0.5 * math.tanh(0.5 * self._told / self._weight)

    def _hear(self) -> None:
        if not self._waiting:
            return
        features = self._features.accept(np.concatenate(self._waiting))
        self._waiting = []
        outputs, self._state = run(self._weights, features, self._state)
        telling = sigmoid(outputs[:, 1])
        self._told += float(telling @ outputs[:, 0])
        self._weight += float(telling.sum())


def run(weights: Weights, features: Floats, state: Floats) -> tuple[Floats, Floats]:
    """Features [m, COUNT] to outputs [m, 2], and the state [units] after them."""
    inputs = features @ weights.of_input + weights.input_bias
    states = gated_units(inputs, weights.of_state, weights.state_bias, state)
    return states @ weights.of_output + weights.output_bias, states[-1] if len(states) else state


def read_weights(path: Path) -> Weights:
    """Read a network's file; raises `ModelError`."""
    try:
        with np.load(path, allow_pickle=False) as file:
            weights = _weights(file)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path} holds no network ({error}): fetch the model again") from None
    if not weights.fit():
        raise ModelError(f"{path} holds a network of another shape: fetch the model again")
    return weights


def _weights(arrays: Mapping[str, Floats]) -> Weights:
    named = {name: np.asarray(arrays[name], np.float32) for name in Weights.__slots__}
    return Weights(**named)
