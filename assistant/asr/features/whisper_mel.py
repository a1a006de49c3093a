"""Log-mel features, computed causally.

The filter bank and scaling are Whisper's (Radford et al., 2022), whose encoder our model starts
from, with two changes that let them stream: a frame ends with the newest sample instead of being
centred, and values are clipped at a fixed floor instead of one below the utterance's maximum.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats
from assistant.audio.source import SAMPLE_RATE

MELS: Final = 80
HOP: Final = 160
"""Samples a frame: 10 ms."""
WINDOW: Final = 400
OVERLAP: Final = WINDOW - HOP
FLOOR_LOG10: Final = -7.0
FLOOR: Final = (FLOOR_LOG10 + 4.0) / 4.0
"""The value of every feature in silence."""


@lru_cache(maxsize=1)
def mel_filters() -> Floats:
    """Slaney's mel filter bank, area-normalised, 0 to 8 kHz: float32 [201, 80]."""
    edges = _to_hz(np.linspace(0.0, float(_to_mel(SAMPLE_RATE / 2)), MELS + 2))
    bins = np.linspace(0.0, SAMPLE_RATE / 2, WINDOW // 2 + 1)
    width = np.diff(edges)
    ramps = edges[:, None] - bins[None, :]
    rising, falling = -ramps[:-2] / width[:-1, None], ramps[2:] / width[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return np.ascontiguousarray(filters.T, dtype=np.float32)


def _to_mel(hz: float) -> float:
    """Slaney's scale: linear below 1 kHz (15 mel), logarithmic above."""
    return 15.0 + 27.0 * np.log(hz / 1000.0) / np.log(6.4) if hz >= 1000 else 3.0 * hz / 200.0  # noqa: PLR2004


def _to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel >= 15.0, 1000.0 * 6.4 ** ((mel - 15.0) / 27.0), 200.0 * mel / 3.0)  # noqa: PLR2004


@lru_cache(maxsize=1)
def window() -> Floats:
    """What every frame's samples are multiplied with: float32 [WINDOW]."""
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def log_mel(samples: Floats) -> Floats:
    """Features of audio that begins here: float32 [n] in -1 to 1, to float32 [n // 160, 80]."""
    return _frames(np.concatenate([np.zeros(OVERLAP, np.float32), samples]))


def _frames(samples: Floats) -> Floats:
    """Features of all whole windows in samples that begin 240 before the first frame's hop."""
    if len(samples) < WINDOW:
        return np.zeros((0, MELS), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    spectrum = np.fft.rfft(windows * window(), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    mel = np.log10(np.maximum(power @ mel_filters(), 10.0**FLOOR_LOG10))
    return np.asarray((mel + 4.0) / 4.0, np.float32)


class FeatureStream:
    """`log_mel` for audio that arrives in pieces; the frames come out the same."""

    def __init__(self) -> None:
        self._samples = np.zeros(OVERLAP, np.float32)

    def accept(self, samples: NDArray[np.int16]) -> Floats:
        """Take int16 [n] and return the frames that are complete now, float32 [m, 80]."""
        audio = samples.astype(np.float32) / 32768.0
        self._samples = np.concatenate([self._samples, audio])
        frames = _frames(self._samples)
        self._samples = self._samples[len(frames) * HOP :]
        return frames
