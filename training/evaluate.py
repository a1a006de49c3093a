"""Word error rates of recognisers on the same recordings.

    python -m training.evaluate data/heldout_home --noise data/noise \
        --system hearth:models/en-small --system whisper:tiny.en.pt

A set is a corpus folder as `training.prepare` writes it. With `--noise` each set is also heard in
a simulated room with noise at 10 dB below the speech.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from training import systems
from training.augment import in_noise
from training.corpus import Corpus
from training.score import word_errors
from training.tar_corpus import open_corpus

_PEAK = 0.5 * 32767


def recordings(corpus: Corpus, limit: int | None) -> Iterator[tuple[str, NDArray[np.int16]]]:
    """(text, samples) of the corpus, or of `limit` utterances spread evenly over it."""
    count = min(limit or len(corpus), len(corpus))
    for index in np.linspace(0, len(corpus) - 1, count).astype(int):
        yield corpus.entries[index].text, np.asarray(corpus.audio(index))


def noisy(
    clean: Iterator[tuple[str, NDArray[np.int16]]], noise: Corpus, snr_db: float = 10.0
) -> Iterator[tuple[str, NDArray[np.int16]]]:
    """The recordings in rooms with noise; the same ones in every run."""
    rng = np.random.default_rng(17)
    for line, samples in clean:
        yield line, in_room(samples, noise, snr_db, rng)


def in_room(
    samples: NDArray[np.int16], noise: Corpus, snr_db: float, rng: np.random.Generator
) -> NDArray[np.int16]:
    """A recording in a random room with random noise, as loud as every other one."""
    mixed = in_noise(samples.astype(np.float32), noise, snr_db, rng)
    return np.asarray(mixed * (_PEAK / np.abs(mixed).max()), np.int16)


def evaluate(system: systems.System, name: str, data: list[tuple[str, NDArray[np.int16]]]) -> None:
    """Print one line: system, set, word errors, real-time factor."""
    began = time.perf_counter()
    pairs = [(line, system.transcribe(samples)) for line, samples in data]
    factor = (time.perf_counter() - began) / sum(len(x) / SAMPLE_RATE for _, x in data)
    print(f"{system.name:28} {name:22} {word_errors(pairs)}, {factor:.3f}x real time", flush=True)
    for line, heard in pairs[:: max(1, len(pairs) // 3)][:3]:
        print(f"    {line!r} heard as {heard!r}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path, nargs="+", help="corpus folders")
    parser.add_argument("--system", action="append", required=True, help="KIND:PATH, repeatable")
    parser.add_argument("--noise", type=Path, help="corpus of noise for a noisy copy of each set")
    parser.add_argument("--limit", type=int, help="utterances of each set")
    args = parser.parse_args()
    noise = open_corpus(args.noise) if args.noise else None
    loaded = []
    for description in args.system:
        try:
            loaded.append(systems.load(description))
        except systems.UnavailableError as error:
            print(f"{description} left out: {error}")
    for folder in args.sets:
        corpus = open_corpus(folder)
        data = {folder.name: list(recordings(corpus, args.limit))}
        if noise is not None:
            heard = noisy(recordings(corpus, args.limit), noise)
            data[f"{folder.name}, 10 dB, room"] = list(heard)
        for name, recorded in data.items():
            for system in loaded:
                evaluate(system, name, recorded)


if __name__ == "__main__":
    main()
