"""Speech as it would be heard across a room with some noise, for what is learned of a voice.

What is learned beside the microphone alone is missed from the sofa: a voice is learned as it was
heard, and once more in each of two rooms. The room's tail decays exponentially (Polack, 1988).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE

DECAY_S: Final = (0.2, 0.6)
"""Until the tail is 60 dB down: shortest, longest."""
TAIL: Final = (0.3, 0.9)
"""Its energy's root beside that of the direct sound."""
SNR_DB: Final = 5.0
ROOMS: Final = 2
"""In which each sentence is learned, beside as it was heard."""
_LOUDEST: Final = 32_000.0


def learned_as(speech: NDArray[np.int16], number: int) -> tuple[NDArray[np.int16], ...]:
    """A person's sentence of this number in all the ways that it is learned: `1 + ROOMS`."""
    return (speech, *(across_room(speech, ROOMS * number + at) for at in range(ROOMS)))


def across_room(speech: NDArray[np.int16], seed: int) -> NDArray[np.int16]:
    """int16 [n] to int16 [n]; the same room and noise for the same seed."""
    rng = np.random.default_rng(seed)
    heard = _convolved(speech.astype(np.float64), _room(rng))
    noise = _noise(speech.size, rng)
    heard += noise * np.sqrt(np.mean(heard**2)) * 10 ** (-SNR_DB / 20)
    heard *= min(1.0, _LOUDEST / max(1.0, float(np.abs(heard).max())))
    return heard.astype(np.int16)


def _room(rng: np.random.Generator) -> NDArray[np.float64]:
    """An impulse response: the direct sound and its tail."""
    decay_s = rng.uniform(*DECAY_S)
    time_s = np.arange(round(decay_s * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(time_s.size) * 10.0 ** (-3.0 * time_s / decay_s)
    tail[: round(rng.uniform(0.001, 0.01) * SAMPLE_RATE)] = 0.0
    tail *= rng.uniform(*TAIL) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail


def _noise(length: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise that falls towards high frequencies as a room's does; unit variance."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    places = np.arange(spectrum.size) * 100.0 / spectrum.size
    noise = np.fft.irfft(spectrum * (1.0 + places) ** -rng.uniform(0.0, 1.2), length)
    return np.asarray(noise / noise.std(), np.float64)


def _convolved(speech: NDArray[np.float64], response: NDArray[np.float64]) -> NDArray[np.float64]:
    size = speech.size + response.size
    product = np.fft.rfft(speech, size) * np.fft.rfft(response, size)
    return np.asarray(np.fft.irfft(product, size)[: speech.size], np.float64)
