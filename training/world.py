"""Speech taken apart and put together by the vocoder WORLD (Morise et al., 2016): as whispers.

In a whisper the vocal folds do not swing: noise takes the place of pitch. What is voiced loses most
of its energy, above all below some 500 Hz, so vowels are no louder than consonants, which stay as
they are; and its formants lie higher, the lower ones more so (Jovičić, "Formant feature differences
between whispered and voiced sustained vowels", 1998). How much of each is drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyworld  # type: ignore[import-not-found, import-untyped, unused-ignore]
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE

Values = NDArray[np.float64]

FRAME_MS: Final = 8.0
FIRST_FORMANTS: Final = (1.05, 1.4)
"""By what formants below 1 kHz are higher, at least and at most."""
HIGHER_FORMANTS: Final = (1.0, 1.12)
"""The same above 2.5 kHz."""
LOSS_DB: Final = (4.0, 18.0)
"""What voiced sounds lose."""
LOW_LOSS_DB: Final = (0.0, 22.0)
"""What they lose besides below 300 Hz, and less and less of it up to 1.5 kHz."""
TILT_DB: Final = (-2.0, 4.0)
"""An octave, above 1 kHz: how much less the spectrum falls."""
GLIDE_FRAMES: Final = 7
"""Over so many frames voiced and voiceless sounds pass into each other."""
ANOTHER_PITCH: Final = (0.8, 1.25)
_FULL: Final = 32768.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What speech is made of, frame by frame."""

    pitch_hz: Values
    """[m]; 0 where it has none."""
    spectrum: Values
    """The power of its envelope, [m, bins]."""


def parts_of(samples: NDArray[np.int16]) -> tuple[Parts, Values, Values]:
    """Of speech int16 [n] at 16 kHz its parts, the frames' times in seconds, and the samples."""
    speech = samples.astype(np.float64) / _FULL
    rough, times = pyworld.dio(speech, SAMPLE_RATE, frame_period=FRAME_MS)
    pitch = pyworld.stonemask(speech, rough, times, SAMPLE_RATE)
    return Parts(pitch, pyworld.cheaptrick(speech, pitch, times, SAMPLE_RATE)), times, speech


def whispered(samples: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
    """Speech int16 [n] at 16 kHz to a whisper, int16 [n], somewhat as loud as it would be."""
    parts, _, _ = parts_of(samples)
    voiced = _glide((parts.pitch_hz > 0).astype(np.float64))[:, None]
    changed = parts.spectrum[:, _places(parts.spectrum.shape[1], rng)] * _gains(
        parts.spectrum.shape[1], rng
    )
    spectrum = (1.0 - voiced) * parts.spectrum + voiced * changed
    noise = np.ones_like(spectrum)
    return _sound(np.zeros_like(parts.pitch_hz), spectrum, noise, samples.size)


def resynthesised(samples: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
    """The same speech, int16 [n], at another pitch: it has been through the vocoder, too."""
    parts, times, speech = parts_of(samples)
    aperiodicity = pyworld.d4c(speech, parts.pitch_hz, times, SAMPLE_RATE)
    pitch = parts.pitch_hz * rng.uniform(*ANOTHER_PITCH)
    return _sound(pitch, parts.spectrum, aperiodicity, samples.size)


def _sound(pitch: Values, spectrum: Values, noise: Values, length: int) -> NDArray[np.int16]:
    sound = pyworld.synthesize(pitch, np.ascontiguousarray(spectrum), noise, SAMPLE_RATE, FRAME_MS)
    sound = np.resize(np.pad(sound, (0, max(0, length - sound.size))), length)
    return np.asarray(np.clip(_FULL * sound, -_FULL, _FULL - 1), np.int16)


def _glide(voiced: Values) -> Values:
    return np.convolve(voiced, np.full(GLIDE_FRAMES, 1.0 / GLIDE_FRAMES), "same")


def _places(bins: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Which bin each bin's power comes from, so that formants lie higher."""
    hz = np.linspace(0.0, SAMPLE_RATE / 2, bins)
    factors = [rng.uniform(*FIRST_FORMANTS), rng.uniform(*HIGHER_FORMANTS)]
    from_hz = hz / np.interp(hz, [1000.0, 2500.0], factors)
    return np.asarray(np.rint(from_hz * (bins - 1) / hz[-1]), np.int64)


def _gains(bins: int, rng: np.random.Generator) -> Values:
    """What the power of voiced sounds is multiplied with in each bin."""
    hz = np.linspace(0.0, SAMPLE_RATE / 2, bins)
    low = np.interp(np.log2(np.maximum(hz, 1.0)), np.log2([300.0, 1500.0]), [1.0, 0.0])
    octaves = np.log2(np.maximum(hz, 1000.0) / 1000.0)
    gain_db = rng.uniform(*TILT_DB) * octaves - rng.uniform(*LOW_LOSS_DB) * low
    return np.asarray(10.0 ** ((gain_db - rng.uniform(*LOSS_DB)) / 10.0), np.float64)
