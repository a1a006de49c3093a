"""One person who speaks to the device while somebody else talks: what a voice filter learns from.

A mixture is a stretch of one person's speech with somebody else's over it, before it and after it,
and an *anchor*: another moment of the user's speech, about as loud, in the same room. In the home
that is the wake word. Noise stays in what is to be heard: only voices are to be told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import oaconvolve
from torch import Tensor
from torch.utils.data import IterableDataset

from assistant.asr.features.voice_filter import long_enough
from assistant.asr.features.whisper_mel import HOP, log_mel
from assistant.asr.networks.network import Floats
from assistant.audio.source import SAMPLE_RATE
from assistant.speaker.embedding import Embedder, normalised
from assistant.speaker.network import OnnxEmbedder
from training.augment import ROOMS, pick_noise, room
from training.corpus import Corpus

Samples = NDArray[np.int16]

SPEAKER_MODEL: Final = Path("models/speaker-campplus")
EMBEDDING: Final = 192
SEGMENT: Final = 5 * SAMPLE_RATE
ANCHOR_S: Final = (0.35, 1.4)
SHORTEST: Final = 2 * SAMPLE_RATE
"""A recording of less has no room for an anchor and something else."""
ELSEWHERE: Final = 0.7
"""How often the anchor is from another recording, where the speaker has one."""
ANCHOR_MIXED: Final = 0.4
"""How often the other is heard over the anchor, too."""
WRONG: Final = 0.04
"""How often the anchor is a third person's: then everything stays."""
STARTS_S: Final = 1.0
"""The user speaks so much after the anchor, at most."""
ROOMY: Final = 0.5
NOISY, NOISE_DB = 0.4, (5.0, 35.0)
PEAK_DB: Final = (-30.0, -0.5)
ANCHOR_DB: Final = 3.0
"""A wake word is said so much louder or softer than what follows, at most."""
SPOKEN: Final = 0.05
"""A frame is speech that is so loud, beside the loud ones of a recording."""
_TINY: Final = 1e-6


def speech(audio: Floats) -> NDArray[np.bool_]:
    """Which frames of 10 ms are speech, [n // 160]: by their level, in a quiet recording."""
    hops = audio[: len(audio) // HOP * HOP].reshape(-1, HOP)
    level = np.sqrt((hops**2).mean(1))
    return np.asarray(level > SPOKEN * np.quantile(level, 0.95), np.bool_)


def only_speech(audio: Floats) -> Floats:
    """The frames that are speech, one behind the other."""
    hops = audio[: len(audio) // HOP * HOP].reshape(-1, HOP)
    return np.ascontiguousarray(hops[speech(audio)].reshape(-1))


def loudness(audio: Floats) -> float:
    """The level of what is speech in it: its root mean square."""
    return float(np.sqrt((only_speech(audio) ** 2).mean())) if audio.any() else 0.0


def decibels(amount: float) -> np.float32:
    """The factor of an amplitude."""
    return np.float32(10.0 ** (amount / 20.0))


def chained(draw: Callable[[], Floats], length: int) -> Floats:
    """Recordings one after another, each of the loudness 1, until they are float32 [`length`]."""
    said, count = list[Floats](), 0
    while count < length:
        audio = draw()
        said.append(audio / np.float32(max(loudness(audio), _TINY)))
        count += len(audio)
    return np.concatenate(said)


@dataclass(frozen=True, slots=True)
class Person:
    """What one person says: recordings of a corpus."""

    corpus: int
    recordings: tuple[int, ...]


def people(corpora: Sequence[Corpus]) -> list[Person]:
    """Everybody who says something of `SHORTEST`; who speaks in whole corpora is one each."""
    found: dict[tuple[int, str], list[int]] = {}
    for number, corpus in enumerate(corpora):
        for index, entry in enumerate(corpus.entries):
            if entry.samples >= SHORTEST:
                found.setdefault((number, entry.voice), []).append(index)
    return [Person(number, tuple(indices)) for (number, _), indices in found.items()]


@dataclass(frozen=True, slots=True)
class Mixture:
    """Features of a mixture of T frames, and what its anchor tells."""

    heard: Floats
    """[T, 80]"""
    wanted: Floats
    """[T, 80]: without the other."""
    voice: Floats
    """What a speaker model makes of the anchor, of the length 1."""
    level: np.float32
    """The mean of the anchor's features."""


@dataclass(frozen=True, slots=True)
class Others:
    """How somebody else talks in mixtures."""

    alone: float = 0.4
    """How often nobody else does."""
    below_db: tuple[float, float] = (-3.0, 15.0)
    """How far the other is below the user."""


class Mixer:
    """Draws mixtures."""

    def __init__(
        self,
        corpora: Sequence[Corpus],
        embedder: Embedder,
        noise: Corpus,
        seed: int,
        others: Others | None = None,
    ) -> None:
        self._corpora, self._embedder, self._noise = corpora, embedder, noise
        self._others = others or Others()
        self._people = people(corpora)
        self._rng = np.random.default_rng(seed)
        self._rooms = [room(self._rng) for _ in range(ROOMS)]

    def draw(self, anchor_s: float) -> Mixture:
        """One mixture with an anchor of so many seconds."""
        rng, length = self._rng, int(anchor_s * SAMPLE_RATE)
        user, other, third = (self._people[int(n)] for n in rng.choice(len(self._people), 3))
        said, anchor = self._user(user, length)
        talk = self._talk(other, SEGMENT + length)
        near, far = self._place(), self._place()
        said, anchor, talk = near(said), near(anchor), far(talk)
        loud = loudness(said)
        alone = rng.random() < self._others.alone
        below = 0.0 if alone else decibels(-rng.uniform(*self._others.below_db))
        talk = talk * np.float32(loud * below / max(loudness(talk), _TINY))
        over, over_anchor = self._lasting(talk[:SEGMENT]), talk[SEGMENT:]
        anchor = anchor * decibels(rng.uniform(-ANCHOR_DB, ANCHOR_DB))
        if rng.random() < ANCHOR_MIXED:
            anchor = anchor + over_anchor
        if rng.random() < NOISY:
            noise = pick_noise(self._noise, SEGMENT + length, rng)
            noise *= np.float32(loud) * decibels(-rng.uniform(*NOISE_DB))
            said, anchor = said + noise[:SEGMENT], anchor + noise[SEGMENT:]
        heard = said + over
        if rng.random() < WRONG:
            _, anchor = self._user(third, length)
            said = heard
        gain = decibels(rng.uniform(*PEAK_DB)) / (np.abs(heard).max() + _TINY)
        heard, said, anchor = (np.rint(gain * each * 32767) for each in (heard, said, anchor))
        voice = self._embedder.embed(long_enough(np.clip(anchor, -32768, 32767).astype(np.int16)))
        made = [log_mel(each / np.float32(32768)) for each in (heard, said, anchor)]
        return Mixture(made[0], made[1], normalised(voice), np.float32(made[2].mean()))

    def _user(self, user: Person, length: int) -> tuple[Floats, Floats]:
        """What they say in `SEGMENT`, and an anchor [length] as loud."""
        rng = self._rng
        number = self._one_of(user)
        samples, rest = self._audio(user, number), [n for n in user.recordings if n != number]
        if rest and rng.random() < ELSEWHERE:
            spoken = only_speech(self._audio(user, rest[int(rng.integers(len(rest)))]))
        else:
            half = max(len(samples) // 2, len(samples) - SEGMENT)
            spoken, samples = only_speech(samples[:half]), samples[half:]
        start = int(rng.integers(max(1, len(spoken) - length)))
        anchor = np.resize(spoken[start : start + length], length)
        anchor = anchor * np.float32(loudness(samples) / max(loudness(anchor), _TINY))
        start = int(rng.integers(max(1, len(samples) - SEGMENT)))
        before = int(rng.uniform(0.0, STARTS_S) * SAMPLE_RATE)
        said = np.pad(samples[start : start + SEGMENT], (before, SEGMENT))[:SEGMENT]
        return said, anchor

    def _talk(self, other: Person, length: int) -> Floats:
        """Their sentences, one after another, float32 [length]."""
        said = chained(lambda: self._audio(other, self._one_of(other)), length)
        start = int(self._rng.integers(len(said) - length + 1))
        return said[start : start + length]

    def _one_of(self, person: Person) -> int:
        return person.recordings[int(self._rng.integers(len(person.recordings)))]

    def _audio(self, person: Person, number: int) -> Floats:
        return self._corpora[person.corpus].audio(number).astype(np.float32) / np.float32(32768)

    def _place(self) -> Callable[[Floats], Floats]:
        """Somewhere in a room, from which somebody is heard."""
        if self._rng.random() >= ROOMY:
            return np.copy
        response = self._rooms[int(self._rng.integers(ROOMS))]
        return lambda audio: np.asarray(oaconvolve(audio, response)[: len(audio)], np.float32)

    def _lasting(self, talk: Floats) -> Floats:
        """Mostly all of it; at times it begins later or ends earlier."""
        if self._rng.random() < 0.7:
            return talk
        begin, end = np.sort(self._rng.integers(0, len(talk), 2))
        lasting = np.zeros_like(talk)
        lasting[begin:end] = talk[begin:end]
        return lasting


@dataclass(frozen=True, slots=True)
class MixtureBatch:
    """Mixtures with anchors of one length: [B, T, 80] twice, [B, EMBEDDING], [B]."""

    heard: Tensor
    wanted: Tensor
    voice: Tensor
    level: Tensor


class Mixtures(IterableDataset[MixtureBatch]):
    """Endless batches, for a loader with one worker."""

    def __init__(
        self, folders: Sequence[Path], noise: Path, size: int, seed: int, others: Others
    ) -> None:
        self._folders, self._noise, self._others = folders, noise, others
        self._size, self._seed = size, seed

    def __iter__(self) -> Iterator[MixtureBatch]:
        """Draw for ever."""
        corpora = [Corpus(folder) for folder in self._folders]
        noise, embedder = Corpus(self._noise), OnnxEmbedder(SPEAKER_MODEL)
        mixer = Mixer(corpora, embedder, noise, self._seed, self._others)
        rng = np.random.default_rng(self._seed)
        while True:
            anchor_s = float(rng.uniform(*ANCHOR_S))
            drawn = [mixer.draw(anchor_s) for _ in range(self._size)]
            yield stacked(drawn)


def stacked(drawn: Sequence[Mixture]) -> MixtureBatch:
    """Mixtures as a batch."""
    columns = ([getattr(each, name) for each in drawn] for name in MixtureBatch.__slots__)
    return MixtureBatch(*(torch.from_numpy(np.stack(column)) for column in columns))
