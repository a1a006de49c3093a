"""Augmentation of audio (level, room, noise, filter, codec, tempo) and features (tract, masks)."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, oaconvolve

from assistant.asr.features.whisper_mel import MELS, WINDOW, mel_filters
from assistant.asr.networks.network import Floats
from assistant.audio.source import SAMPLE_RATE
from training.codecs import through_codec
from training.corpus import Corpus


def room(rng: np.random.Generator) -> Floats:
    """A room's impulse response: the direct sound, early reflections and a decaying noise tail.

    The exponential-tail model of Polack (1988), with frequency-dependent decay by a one-pole
    filter; RT60 from 0.1 to 0.6 s.
    """
    decay_s = rng.uniform(0.1, 0.6)
    length = int(decay_s * SAMPLE_RATE)
    time = np.arange(length) / SAMPLE_RATE
    tail = rng.standard_normal(length) * 10.0 ** (-3.0 * time / decay_s)
    tail = lfilter([1.0 - (pole := rng.uniform(0.0, 0.7))], [1.0, -pole], tail)
    tail[: int(rng.uniform(0.001, 0.01) * SAMPLE_RATE)] = 0.0
    for _ in range(rng.integers(2, 8)):
        tail[rng.integers(16, min(length, 800))] += rng.uniform(-1.0, 1.0) * 3.0
    tail *= rng.uniform(0.1, 0.9) / (np.sqrt((tail**2).sum()) + 1e-9)
    tail[0] += 1.0
    return np.asarray(tail, np.float32)


STRETCHED, TEMPO = 0.7, (0.85, 1.15)
ROOMY = 0.5
TILTED, MOST_TILT = 0.3, 0.7
NOISY = 0.7
"""The parts of the augmented utterances to which these happen, and how much of it."""
HISS_DB, NOISE_DB = (25.0, 90.0), (0.0, 25.0)
"""How far below the speech they are."""
PEAK_DB = (-30.0, 0.0)
WIDEST_MASK = 16
"""Bands, or frames."""
MASKED_BANDS = 2
FRAMES_PER_MASK = 150
"""One stretch of time is masked, and one more for every so many frames."""
ROOMS = 200
COLOURS = 12
COLOUR_SAMPLES = 1 << 20
"""Rooms and noises are drawn once and reused: drawing them costs more than a training step."""


def coloured_noise(length: int, rng: np.random.Generator) -> Floats:
    """Noise with a spectrum that falls by a random power of frequency, unit variance."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum *= (1.0 + np.arange(len(spectrum)) * 100.0 / len(spectrum)) ** -rng.uniform(0.0, 1.2)
    noise = np.fft.irfft(spectrum, length)
    return np.asarray(noise / (noise.std() + 1e-9), np.float32)


def spec_augment(features: Floats, rng: np.random.Generator) -> Floats:
    """Mask up to two bands and two stretches of time (Park et al., 2019), in a copy."""
    features = features.copy()
    for _ in range(MASKED_BANDS):
        width = rng.integers(0, WIDEST_MASK)
        start = rng.integers(0, features.shape[1] - WIDEST_MASK)
        features[:, start : start + width] = features.mean()
    for _ in range(1 + len(features) // FRAMES_PER_MASK):
        width = rng.integers(0, WIDEST_MASK)
        start = rng.integers(0, max(1, len(features) - WIDEST_MASK))
        features[start : start + width] = features.mean()
    return features


WARPED = 0.5
"""The share of the augmented utterances with a vocal tract of another length."""
LONGEST_WARP = 0.12


@lru_cache(maxsize=256)
def warp(percent: int) -> Floats:
    """What moves features along the frequencies by so many percent: float32 [MELS, MELS].

    Features times this matrix are those of a shorter or longer vocal tract (Jaitly and Hinton,
    "Vocal tract length perturbation improves speech recognition", 2013): frequencies are stretched
    up to a corner, and what is above it fills the rest.
    """
    filters = mel_filters()
    hz = (np.arange(len(filters)) @ filters) / filters.sum(0) * SAMPLE_RATE / WINDOW
    factor, top = 1.0 + percent / 100.0, 8000.0
    corner = 4800.0 / max(1.0, factor)
    above = factor * corner + (hz - corner) * (top - factor * corner) / (top - corner)
    wanted = np.where(hz <= corner, factor * hz, above)
    places = np.interp(wanted, hz, np.arange(MELS))
    below = np.minimum(places.astype(int), MELS - 2)
    matrix = np.zeros((MELS, MELS), np.float32)
    matrix[below, np.arange(MELS)] = 1.0 - (places - below)
    matrix[below + 1, np.arange(MELS)] += places - below
    return matrix


def random_warp(rng: np.random.Generator) -> Floats:
    """A warp of at most `LONGEST_WARP`, or none."""
    most = round(100 * LONGEST_WARP)
    return warp(int(rng.integers(-most, most + 1)) if rng.random() < WARPED else 0)


def in_noise(audio: Floats, noise: Corpus, snr_db: float, rng: np.random.Generator) -> Floats:
    """Speech float32 [n] in a random room with random noise, `snr_db` below its level."""
    spoken = oaconvolve(audio, room(rng))[: len(audio)]
    level = np.sqrt((spoken**2).mean()) * 10.0 ** (-snr_db / 20.0)
    return np.asarray(spoken + level * pick_noise(noise, len(audio), rng), np.float32)


def pick_noise(noise: Corpus, length: int, rng: np.random.Generator) -> Floats:
    """A random stretch of a random noise, unit variance."""
    samples = noise.audio(int(rng.integers(len(noise)))).astype(np.float32)
    samples = np.tile(samples, 1 + length // len(samples))
    start = rng.integers(len(samples) - length + 1)
    samples = samples[start : start + length]
    return np.asarray(samples / (samples.std() + 1e-6), np.float32)


HESITATING = 0.5
"""The part of the augmented utterances in which a pause, where there is one, is made longer."""
QUIET = 0.02
"""Level of a pause, relative to the loud parts of the speech."""
PAUSE_S = 0.1
"""A shorter gap may be the closure of a plosive."""
LONGEST_HESITATION_S = 1.3
HOP = 160


def pauses(samples: NDArray[np.int16], least_s: float = PAUSE_S) -> list[tuple[int, int]]:
    """Where speech int16 [n] pauses between its first and last sound: (begin, end) in samples."""
    hops = samples[: len(samples) // HOP * HOP].reshape(-1, HOP).astype(np.float32)
    level = np.sqrt((hops**2).mean(1))
    loud = np.flatnonzero(level >= QUIET * np.quantile(level, 0.95)) if len(level) else level
    gaps = [(a + 1, b) for a, b in pairwise(loud.tolist()) if (b - a - 1) * HOP >= least_s * 16_000]
    return [(begin * HOP, end * HOP) for begin, end in gaps]


class Hesitation(NamedTuple):
    """A pause made longer: at sample `place`, by `longer` samples of what is in the pause."""

    place: int = 0
    longer: int = 0
    quiet: int = 0
    """Where the pause's own quiet begins, and how much of it there is."""
    length: int = 1


def hesitation(found: list[tuple[int, int]], rng: np.random.Generator) -> Hesitation:
    """One of these pauses, made longer."""
    begin, end = found[rng.integers(len(found))]
    longer = int(rng.uniform(0.1, LONGEST_HESITATION_S) * SAMPLE_RATE)
    quiet = begin + HOP
    return Hesitation((begin + end) // 2, longer, quiet, end - HOP - quiet)


def hesitate(samples: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
    """Make one pause of the speaker longer, by more of its own quiet.

    An end of sentence that is only learned from silence is no more than a voice activity
    detector; with pauses within sentences the words have to decide.
    """
    found = pauses(samples)
    if not found:
        return samples
    place, longer, quiet, length = hesitation(found, rng)
    more = np.resize(samples[quiet : quiet + length], longer)
    return np.concatenate([samples[:place], more, samples[place:]])


class Augmenter:
    """Makes a recording sound as if it had been made elsewhere."""

    def __init__(self, noise: Corpus | None, seed: int, *, codec_share: float = 0.0) -> None:
        self._rng = np.random.default_rng(seed)
        self._noise, self._codec_share = noise, codec_share
        self._rooms = [room(self._rng) for _ in range(ROOMS)]
        self._colours = [coloured_noise(COLOUR_SAMPLES, self._rng) for _ in range(COLOURS)]

    def __call__(self, samples: NDArray[np.int16]) -> Floats:
        """int16 [n] to float32 [m] in -1 to 1; the tempo changes by up to 15 %."""
        return self.elsewhere(self.otherwise(samples))

    def otherwise(self, samples: NDArray[np.int16]) -> Floats:
        """What the speaker could have done: a longer pause, another tempo; as `__call__`."""
        rng = self._rng
        if rng.random() < HESITATING:
            samples = hesitate(samples, rng)
        audio = samples.astype(np.float32) / 32768.0
        if rng.random() < STRETCHED:  # tempo and pitch together, by linear interpolation
            audio = _resample(audio, rng.uniform(*TEMPO))
        return audio

    def elsewhere(self, audio: Floats) -> Floats:
        """The same speech float32 [n] in a room, in noise, by another microphone or telephone."""
        rng = self._rng
        if rng.random() < ROOMY:
            audio = oaconvolve(audio, self._rooms[rng.integers(ROOMS)])[: len(audio)]
        if rng.random() < TILTED:
            audio = _tilt(audio, rng)
        level = float(np.sqrt((audio**2).mean())) + 1e-6
        quiet = rng.uniform(*HISS_DB)
        start = rng.integers(COLOUR_SAMPLES - len(audio))
        hiss = self._colours[rng.integers(COLOURS)][start : start + len(audio)]
        audio = audio + np.float32(level * 10.0 ** (-quiet / 20.0)) * hiss
        if self._noise is not None and rng.random() < NOISY:
            snr = rng.uniform(*NOISE_DB)
            audio += np.float32(level * 10.0 ** (-snr / 20.0)) * pick_noise(
                self._noise, len(audio), rng
            )
        peak = 10.0 ** (rng.uniform(*PEAK_DB) / 20.0)
        audio = np.asarray(audio * (peak / (np.abs(audio).max() + 1e-6)), np.float32)
        # Nothing is drawn where nothing is coded: such runs are what they were without codecs.
        if self._codec_share and rng.random() < self._codec_share:
            audio = through_codec(audio, rng)
        return audio


def _resample(audio: Floats, factor: float) -> Floats:
    places = np.arange(0, len(audio) - 1, factor)
    return np.asarray(np.interp(places, np.arange(len(audio)), audio), np.float32)


def _tilt(audio: Floats, rng: np.random.Generator) -> Floats:
    """A microphone's colour: one gentle random shelf."""
    tilted = audio.copy()
    tilted[1:] += np.float32(rng.uniform(-MOST_TILT, MOST_TILT)) * audio[:-1]
    return tilted
