"""Whispers made of speech: noise through the filter of the vocal tract, found by linear prediction.

A whisper has no pitch, falls less towards high frequencies than speech, and is softer. Each 25 ms
of speech give the filter (autocorrelation method, Makhoul, 1975) that white noise of the same
energy then goes through. That is no recording of a person who whispers, whose formants lie higher.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

ORDER = 18
WINDOW, HOP = 400, 160
EMPHASIS, DEEMPHASIS = 0.97, 0.6
"""Before the prediction, and after: the difference is what a whisper falls less."""
SOFTER_DB = 12.0


def whispered(samples: NDArray[np.int16], seed: int = 0) -> NDArray[np.int16]:
    """Speech int16 [n] at 16 kHz to a whisper, int16 [n]."""
    rng = np.random.default_rng(seed)
    speech = lfilter([1.0, -EMPHASIS], [1.0], samples.astype(np.float64))
    window = np.hanning(WINDOW + 1)[:-1]
    padded = np.concatenate([np.zeros(WINDOW), speech, np.zeros(WINDOW)])
    out = np.zeros_like(padded)
    for at in range(0, len(padded) - WINDOW, HOP):
        frame = padded[at : at + WINDOW] * window
        out[at : at + WINDOW] += _noise_like(frame, rng) * window
    whisper = lfilter([1.0], [1.0, -DEEMPHASIS], out[WINDOW : WINDOW + len(samples)])
    loudness = np.sqrt(np.mean(samples.astype(np.float64) ** 2) / (np.mean(whisper**2) + 1e-9))
    whisper *= loudness * 10.0 ** (-SOFTER_DB / 20)
    return np.asarray(np.clip(whisper, -32768, 32767), np.int16)


def _noise_like(frame: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise with the spectrum's envelope and the energy of a windowed frame."""
    energy = float(np.sum(frame**2))
    if energy < 1.0:
        return np.zeros_like(frame)
    lags = np.array([frame[: WINDOW - lag] @ frame[lag:] for lag in range(ORDER + 1)])
    lags[0] *= 1.0001
    filters = solve_toeplitz(lags[:-1], lags[1:])
    noise = lfilter([1.0], np.concatenate([[1.0], -filters]), rng.standard_normal(WINDOW))
    return np.asarray(noise * np.sqrt(energy / (np.sum(noise**2) + 1e-9)), np.float64)
