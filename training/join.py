"""Several recordings one behind the other: `python -m training.join OUT CORPUS ... [--count 1000]`.

Who says three things in one breath gives the recogniser a quarter of a minute, and one that has
only heard single sentences and read books loses its place in it. Recordings of one speaker are
joined with short pauses, two to six of them, no longer together than a batch takes.
"""

from __future__ import annotations

import argparse
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from training.corpus import Corpus, Entry, write
from training.data import LONGEST_S
from training.tar_corpus import open_corpus

PARTS: Final = (2, 7)
PAUSE_S: Final = (0.05, 0.6)
LONGEST_PART_S: Final = LONGEST_S / 2 - PAUSE_S[1]
"""So that two fit."""
LEVEL: Final = 0.05
"""Root mean square of each part: people do not change how loud they are within a breath."""

Part = tuple[Corpus, int]


def by_speaker(corpora: Sequence[Corpus]) -> list[list[Part]]:
    """The recordings of each speaker; those of an unknown one may be anybody's, see `prepare`."""
    spoken: dict[tuple[int, str], list[Part]] = defaultdict(list)
    for number, corpus in enumerate(corpora):
        alone = len({entry.voice for entry in corpus.entries}) > len(corpus) / 2
        for index, entry in enumerate(corpus.entries):
            if entry.samples <= LONGEST_PART_S * SAMPLE_RATE:
                spoken[number, "" if alone else entry.voice].append((corpus, index))
    return [parts for parts in spoken.values() if len(parts) >= PARTS[0]]


def joined(parts: Sequence[Part], rng: np.random.Generator) -> tuple[str, str, NDArray[np.int16]]:
    """Text, speaker and samples of recordings with pauses between them, of what fits."""
    pieces: list[NDArray[np.float32]] = []
    entries: list[Entry] = []
    left = LONGEST_S * SAMPLE_RATE
    for corpus, index in parts:
        pause = int(rng.uniform(*PAUSE_S) * SAMPLE_RATE)
        entry = corpus.entries[index]
        left -= entry.samples + pause
        if left < 0:
            break
        samples = corpus.audio(index).astype(np.float32) / 32768.0
        loud = float(np.sqrt((samples**2).mean())) + 1e-6
        pieces += [samples * np.float32(LEVEL / loud), np.zeros(pause, np.float32)]
        entries.append(entry)
    audio = np.concatenate(pieces[:-1])
    text = " ".join(entry.text for entry in entries)
    return text, entries[0].voice, np.asarray(audio.clip(-1, 1) * 32767, np.int16)


def several(
    corpora: Sequence[Corpus], count: int, rng: np.random.Generator
) -> Iterator[tuple[str, str, NDArray[np.int16]]]:
    """So many joined recordings, as `training.corpus.write` takes them, speakers drawn evenly.

    Raises:
        ValueError: nobody has two recordings that fit.

    """
    speakers = by_speaker(corpora)
    if not speakers:
        raise ValueError("no speaker has two recordings to join")
    for _ in range(count):
        own = speakers[rng.integers(len(speakers))]
        chosen = rng.permutation(len(own))[: rng.integers(*PARTS)]
        yield joined([own[number] for number in chosen], rng)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the corpus to make; an old one is replaced")
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    corpora = [open_corpus(folder) for folder in args.corpora]
    shutil.rmtree(args.out, ignore_errors=True)
    made = write(args.out, several(corpora, args.count, np.random.default_rng(args.seed)))
    print(f"{args.out}: {made} joined recordings")


if __name__ == "__main__":
    main()
