"""What a frame of audio tells of whispering: the spectrum's shape, and whether there is pitch.

Nothing here depends on how loud it is: a whisper beside the microphone is louder than speech across
the room. Frames of 40 ms every 20 ms give

- the logarithms of `MELS` mel bands, less their mean,
- the harmonicity of `BANDS_HZ`: the highest peak of the autocorrelation at lags of a voice's pitch,
  over that of the window (Boersma, "Accurate short-term analysis of the fundamental frequency and
  the harmonics-to-noise ratio of a sampled sound", 1993); 1 for a steady tone, about 0.3 for noise,
- the level beside the loudest that was heard, which tells speech from what is around it.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE

Floats = NDArray[np.float32]

WINDOW: Final = 640
HOP: Final = 320
MELS: Final = 32
LOWEST_HZ: Final = 60.0
BANDS_HZ: Final = ((70.0, 1000.0), (1000.0, 3000.0))
PITCH_LAGS: Final = (36, 228)
"""Samples: voices from 70 to 440 Hz."""
COUNT: Final = MELS + len(BANDS_HZ) + 1
"""Features of a frame."""
LOUDEST_FADES_DB: Final = 3.0
"""In a second: what was loud some time ago counts less."""
_FFT: Final = 1024
_QUIETEST: Final = 1.0
"""Added to the power of each band: less than rounding to 16 bits makes of silence."""
_DB: Final = np.log(10.0) / 10.0


class Features:
    """The features of one stream, however its audio is cut."""

    def __init__(self) -> None:
        self._samples = np.zeros(WINDOW - HOP, np.float32)
        self._loudest = -np.inf

    def accept(self, samples: NDArray[np.int16]) -> Floats:
        """Take int16 [n] at 16 kHz; the frames that are complete now, float32 [m, COUNT]."""
        audio = np.concatenate([self._samples, samples.astype(np.float32)])
        count = max(0, (len(audio) - WINDOW) // HOP + 1)
        self._samples = audio[count * HOP :]
        if not count:
            return np.zeros((0, COUNT), np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::HOP][:count]
        spectrum = np.fft.rfft(windows * _window(), _FFT, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        mels = np.log(power @ _mel_filters() + _QUIETEST)
        shape = mels - mels.mean(1, keepdims=True)
        parts = [shape, harmonicity(power), self._level(np.log(power.sum(1) + _QUIETEST))]
        return np.concatenate(parts, axis=1, dtype=np.float32)

    def _level(self, level: Floats) -> Floats:
        """Levels [m] less that of the loudest frame, which fades: [m, 1], 0 at most."""
        fades = LOUDEST_FADES_DB * _DB * HOP / SAMPLE_RATE * np.arange(1, len(level) + 1)
        loudest = np.maximum.accumulate(np.append(self._loudest, level + fades))[1:] - fades
        self._loudest = float(loudest[-1])
        return np.asarray(level - loudest, np.float32)[:, None]


def harmonicity(power: Floats) -> Floats:
    """Of power spectra [m, 513], in each of `BANDS_HZ`: float32 [m, 2], 0 to 1."""
    first, last = PITCH_LAGS
    bands = (power[:, None, :] * _bands()).reshape(-1, power.shape[1])
    correlation = np.fft.irfft(bands, axis=1)[:, :last]
    whole = correlation[:, :1] + 1e-3
    peaks = (correlation[:, first:] / whole / _window_correlation()[first:]).max(1)
    return np.asarray(np.clip(peaks, 0.0, 1.0), np.float32).reshape(len(power), -1)


@cache
def _window() -> Floats:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@cache
def _bands() -> Floats:
    """Which of the spectrum's bins belong to each band, [2, 513]."""
    hz = np.fft.rfftfreq(_FFT, 1 / SAMPLE_RATE)
    return np.array([(hz >= low) & (hz < high) for low, high in BANDS_HZ], np.float32)


@cache
def _window_correlation() -> NDArray[np.float64]:
    """The window's own autocorrelation, 1 at the lag 0."""
    spectrum = np.fft.rfft(_window().astype(np.float64), _FFT)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: PITCH_LAGS[1]]
    return np.asarray(correlation / correlation[0], np.float64)


@cache
def _mel_filters() -> Floats:
    """Triangles of equal height and width in mel (O'Shaughnessy, 1987), [513, MELS]."""
    lowest, highest = _mel(np.array([LOWEST_HZ, SAMPLE_RATE / 2]))
    edges = np.linspace(lowest, highest, MELS + 2)
    at = _mel(np.linspace(0.0, SAMPLE_RATE / 2, _FFT // 2 + 1))[:, None]
    rising = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)), np.float32)


def _mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1127.0 * np.log1p(hz / 700.0), np.float64)
