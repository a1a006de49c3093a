"""Trials of speaker identification: people learned from a few sentences, and what they say then.

A list is a table with the columns `path` (beside the list) and `speaker`. Speakers and sentences
are drawn by a seed. What is said to be recognised may be cut to some seconds of speech, and heard
in a simulated room with noise.
"""

from __future__ import annotations

import asyncio
import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.audio.file import read_samples
from assistant.audio.source import SAMPLE_RATE
from assistant.audio.vad import SileroVad
from assistant.speaker.across_room import learned_as
from assistant.speaker.embedding import LEAST_S, Embedder, Floats, length, normalised
from assistant.speaker.speech import speech_of
from training.augment import in_noise
from training.corpus import Corpus, write

ENROLMENTS = 3


@dataclass(frozen=True, slots=True)
class Condition:
    """How sentences to be recognised are heard."""

    seconds: float | None = None
    """Of speech; `None`: all of it."""
    snr_db: float | None = None
    """In a room with noise at so many decibels; `None`: as they were recorded."""


@dataclass(frozen=True, slots=True)
class Trials:
    """Speakers' means [S, 192], and embeddings of what they said [N, 192]."""

    speakers: tuple[str, ...]
    means: Floats
    said: Floats
    by: NDArray[np.int64]
    """Who said it: [N]."""
    lengths: Floats
    """Of the embeddings before they were made one long: [N]."""

    @property
    def cosines(self) -> Floats:
        """Of everything with everyone: [N, S]."""
        return self.said @ self.means.T

    @property
    def own(self) -> NDArray[np.bool_]:
        """Where something meets the one who said it: [N, S]."""
        return np.asarray(self.by[:, None] == np.arange(len(self.speakers)))


def read_list(file: Path, prefix: str = "") -> dict[str, list[Path]]:
    """Recordings by speaker; `prefix`: of the paths that count."""
    by_speaker: dict[str, list[Path]] = defaultdict(list)
    with file.open(encoding="utf8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["speaker"] != "unknown" and row["path"].startswith(prefix):
                by_speaker[row["speaker"]].append(file.parent / row["path"])
    return by_speaker


def pick(
    recordings: Mapping[str, Sequence[Path]], speakers: int, each: int, seed: int = 0
) -> dict[str, list[Path]]:
    """Some speakers with so many recordings at most, those with fewer than five left out."""
    rng = np.random.default_rng(seed)
    enough = sorted(name for name, paths in recordings.items() if len(paths) >= ENROLMENTS + 2)
    names = [enough[n] for n in rng.permutation(len(enough))[:speakers]]
    return {
        name: [recordings[name][n] for n in rng.permutation(len(recordings[name]))[:each]]
        for name in names
    }


def noise_in(folders: Sequence[Path], into: Path) -> Corpus:
    """The noise in some folders, as a corpus that is written in another one."""
    files = [path for folder in folders for path in sorted(folder.rglob("*.flac"))]
    write(into, ((path.stem, "noise", asyncio.run(read_samples(str(path)))) for path in files))
    return Corpus(into)


def embed_trials(
    recordings: Mapping[str, Sequence[Path]],
    embedder: Embedder,
    conditions: Sequence[Condition],
    noise: Corpus | None = None,
) -> list[Trials]:
    """Trials in each condition: everyone's first three recordings are learned as they are."""
    rng = np.random.default_rng(1)
    means, said = [], [[] for _ in conditions]  # type: list[Floats], list[list[Floats]]
    by: list[list[int]] = [[] for _ in conditions]
    lengths: list[list[float]] = [[] for _ in conditions]
    for number, paths in enumerate(recordings.values()):
        speech = [sound for path in paths if (sound := _speech(path)).size >= LEAST_S * SAMPLE_RATE]
        taught = enumerate(speech[:ENROLMENTS])
        learned = [heard for at, each in taught for heard in learned_as(each, at)]
        units = [normalised(embedder.embed(each)) for each in learned]
        means.append(normalised(np.mean(units, axis=0)))
        for each in speech[ENROLMENTS:]:
            for at, condition in enumerate(conditions):
                sound = _heard(each, condition, noise, rng)
                embedding = embedder.embed(sound)
                said[at].append(normalised(embedding))
                by[at].append(number)
                lengths[at].append(length(embedding))
    names = tuple(recordings)
    return [
        Trials(names, np.array(means), np.array(each), np.array(who), np.array(long, np.float32))
        for each, who, long in zip(said, by, lengths, strict=True)
    ]


def _speech(path: Path) -> NDArray[np.int16]:
    return speech_of(asyncio.run(read_samples(str(path))), SileroVad())


def _heard(
    speech: NDArray[np.int16],
    condition: Condition,
    noise: Corpus | None,
    rng: np.random.Generator,
) -> NDArray[np.int16]:
    if condition.seconds is not None:
        longest = round(condition.seconds * SAMPLE_RATE)
        begin = int(rng.integers(0, max(1, speech.size - longest + 1)))
        speech = speech[begin : begin + longest]
    if condition.snr_db is None:
        return speech
    if noise is None:
        raise ValueError("a condition with noise needs some")
    mixed = in_noise(speech.astype(np.float32), noise, condition.snr_db, rng)
    mixed *= min(1.0, 32000.0 / float(np.abs(mixed).max()))
    return mixed.astype(np.int16)


def equal_error_rate(trials: Trials) -> tuple[float, float]:
    """Where as many own voices are missed as others are taken for them; and at which cosine."""
    own, other = (np.sort(trials.cosines[mask]) for mask in (trials.own, ~trials.own))
    thresholds = np.concatenate([own, other])
    missed = np.searchsorted(own, thresholds) / own.size
    taken = 1.0 - np.searchsorted(other, thresholds) / other.size
    at = int(np.argmin(np.abs(missed - taken)))
    return float(missed[at] + taken[at]) / 2, float(thresholds[at])


def households(
    trials: Trials, members: int, count: int, seed: int = 2
) -> Iterator[NDArray[np.int64]]:
    """Random households, as numbers of speakers."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield rng.permutation(len(trials.speakers))[:members]
