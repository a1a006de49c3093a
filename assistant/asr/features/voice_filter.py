"""A voice filter: takes out of the features what somebody else says, by the voice of the wake word.

Whoever says "Alexa" also says what follows. A speaker model makes a vector of the wake word's
voice, the *anchor*. A network that is told the vector weakens in the log-mel features what other
voices put there (VoiceFilter-Lite, Wang et al., 2020, arXiv 2009.04323; anchored speech, Raju et
al., 2022, arXiv 2210.11588). Its layers are dilated convolutions (Bai et al., 2018), here over past
and future, whose scale and offset the voice sets (Perez et al., 2018). Its steps are `STACKED`
frames. `training.voice_filter` trains it; here it runs with NumPy.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.features.whisper_mel import FLOOR, MELS, log_mel
from assistant.asr.networks import int8_file
from assistant.asr.networks.manifest import ModelError
from assistant.asr.networks.network import Floats
from assistant.asr.networks.single import SingleNetwork
from assistant.audio.source import SAMPLE_RATE

NETWORK: Final = "network.npz"
MODEL: Final = SingleNetwork("hearth-voice-filter", "voice filter", NETWORK)
STACKED: Final = 2
OPEN: Final = 2.0
"""Added to the logit of a band's gain: at first everything passes."""
LEAST_GAIN: Final = 1e-3
"""Of a band's power."""
ANCHOR_S: Final = (0.3, 2.0)
"""Less says too little of a voice; more is not looked at."""
EMBEDDED_S: Final = 0.5
"""What is shorter is repeated until it is so long: the speaker model knows nothing shorter."""
SHORTEST: Final = 100
"""Frames; what is shorter is left as it is."""
QUIETER: Final = 0.08
"""By so much (3 dB) the network lowers pauses at least where those hold somebody else's voice."""
_EPSILON: Final = 1e-5

Embed = Callable[[NDArray[np.int16]], Floats]
"""Speech, int16 [n] at 16 kHz, to a vector of its voice [E] of any length."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the wake word says of the user."""

    scales: tuple[tuple[Floats, Floats], ...]
    """For each layer of the filter scale and offset of its H channels, [H] each."""
    level: np.float32
    """The mean of its features."""


def long_enough(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """An anchor for the speaker model, repeated until it is `EMBEDDED_S` long."""
    return np.resize(samples, max(samples.size, round(EMBEDDED_S * SAMPLE_RATE)))


class VoiceFilter:
    """The network of a model folder; raises `ModelError` for one that holds none.

    `embed` is the speaker model that it was trained with.
    """

    def __init__(self, folder: Path, embed: Embed) -> None:
        self.version = MODEL.check(folder).version
        self._embed = embed
        self._weights = _read(folder / NETWORK)
        self.dilations = [int(each) for each in self._weights["dilations"]]

    def anchor(self, samples: NDArray[np.int16]) -> Anchor | None:
        """What a wake word says, int16 [n] at 16 kHz; `None` of one that is too short."""
        shortest, longest = (round(each * SAMPLE_RATE) for each in ANCHOR_S)
        if samples.size < shortest:
            return None
        samples = samples[-longest:]
        voice = self._embed(long_enough(samples))
        voice = voice * np.float32(np.sqrt(voice.size) / max(1e-6, np.linalg.norm(voice)))
        told = np.tanh(self._linear("voice", voice))
        layers = [self._linear(f"blocks.{n}.voice", told) for n in range(len(self.dilations))]
        halves = tuple((1 + each[: each.size // 2], each[each.size // 2 :]) for each in layers)
        level = log_mel(samples.astype(np.float32) / np.float32(32768)).mean()
        return Anchor(halves, np.float32(level))

    def filtered(self, heard: Floats, anchor: Anchor) -> Floats:
        """Features [N, 80] to those without others."""
        silence = np.full((len(heard) % STACKED, MELS), FLOOR, np.float32)
        whole = np.concatenate([heard, silence])
        x = self._linear("input", (whole - anchor.level).reshape(-1, STACKED * MELS))
        for number, (scale, offset) in enumerate(anchor.scales):
            name, dilation = f"blocks.{number}", self.dilations[number]
            y = self._linear(f"{name}.wide", self._normed(f"{name}.norm", x))
            taps = self._weights[f"{name}.taps"]
            around = len(taps) // 2 * dilation
            y = np.pad(np.maximum(y * scale + offset, 0), ((around, around), (0, 0)))
            over_time = sum(tap * y[dilation * n :][: len(x)] for n, tap in enumerate(taps))
            y = np.maximum(over_time + self._weights[f"{name}.bias"], 0)
            x = x + self._linear(f"{name}.narrow", y)
        made = self._linear("output", self._normed("norm", x)).reshape(-1, MELS)[: len(heard)]
        gain = np.log10(1 / (1 + np.exp(-made - OPEN)) + LEAST_GAIN) / 4
        return np.asarray(np.maximum(heard + gain, np.float32(FLOOR)), np.float32)

    def _linear(self, name: str, x: Floats) -> Floats:
        made: Floats = x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return made

    def _normed(self, name: str, x: Floats) -> Floats:
        off = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((off**2).mean(-1, keepdims=True) + np.float32(_EPSILON))
        made: Floats = off / spread * self._weights[f"{name}.weight"]
        return made + self._weights[f"{name}.bias"]


class OneVoice:
    """Leaves in an utterance's features what whoever said the wake word says, if others talk too.

    To hear an utterance twice takes its time, so it is left as it is where its pauses would be
    hardly any quieter.
    """

    def __init__(self, voice_filter: VoiceFilter, anchor: Anchor) -> None:
        self._filter, self._anchor = voice_filter, anchor

    def __call__(self, heard: Floats) -> Floats | None:
        """Features [N, 80] of an utterance or a part of it to as many; `None`: leave them."""
        if len(heard) < SHORTEST:
            return None
        left = self._filter.filtered(heard, self._anchor)
        return left if _quiet(heard) - _quiet(left) > QUIETER else None


def _quiet(heard: Floats) -> float:
    """The level of the quiet frames."""
    return float(np.quantile(heard.mean(1), 0.2))


def _read(path: Path) -> int8_file.Arrays:
    """Read a network's file; raises `ModelError`."""
    try:
        weights = int8_file.read(path)
        dilations = weights["dilations"]
        shapes = [weights[f"blocks.{n}.taps"].shape for n in range(len(dilations))]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path} holds no network ({error}): fetch the model again") from None
    if len(set(shapes)) != 1 or weights["input.weight"].shape[1] != STACKED * MELS:
        raise ModelError(f"{path} holds a network of another shape: fetch the model again")
    return weights
