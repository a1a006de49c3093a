"""More noise to train in: `python -m training.noises OUT CORPUS ... [--clips 120]`.

Adds two kinds of clips to the corpus in OUT, which recordings hardly give in numbers. *Clatter*:
things that hit each other, as in a kitchen, each hit a few decaying partials (modal synthesis, Van
den Doel and Pai, 1998), over water or a hood, which is coloured noise that swells. *Babble*: four
to eight speakers of the CORPUS folders at once, too many for any of them to be followed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats
from assistant.audio.source import SAMPLE_RATE
from training.augment import coloured_noise
from training.corpus import Corpus, write
from training.tar_corpus import open_corpus

CLIP_S: Final = 8
HITS: Final = (4, 40)
PARTIALS: Final = (3, 9)
PARTIALS_HZ: Final = (500.0, 7000.0)
DECAY_S: Final = (0.01, 0.25)
SPEAKERS: Final = (4, 9)
_LENGTH: Final = CLIP_S * SAMPLE_RATE
_PEAK: Final = 0.5 * 32767


def hit(rng: np.random.Generator) -> Floats:
    """One thing hitting another: decaying partials, float32 [n]."""
    count, decay_s = int(rng.integers(*PARTIALS)), rng.uniform(*DECAY_S)
    time = np.arange(int(5 * decay_s * SAMPLE_RATE)) / SAMPLE_RATE
    low_hz, high_hz = PARTIALS_HZ
    hz = low_hz * (high_hz / low_hz) ** rng.uniform(size=count)[:, None]
    fade = np.exp(-time / (decay_s * rng.uniform(0.3, 1.0, count)[:, None]))
    phase = rng.uniform(0, 2 * np.pi, count)[:, None]
    rung = rng.uniform(0.1, 1.0, count)[:, None] * fade * np.sin(2 * np.pi * hz * time + phase)
    return np.asarray(rung.sum(0), np.float32)


def clatter(rng: np.random.Generator) -> Floats:
    """A clip of hits over a noise that swells, float32 [n]."""
    swell = np.interp(np.arange(_LENGTH), np.linspace(0, _LENGTH, 6), rng.uniform(0.2, 1.0, 6))
    clip = rng.uniform(0.02, 0.4) * swell * coloured_noise(_LENGTH, rng)
    for _ in range(rng.integers(*HITS)):
        sound, start = hit(rng), rng.integers(_LENGTH)
        part = sound[: _LENGTH - start]
        clip[start : start + len(part)] += rng.uniform(0.1, 1.0) * part
    return np.asarray(clip, np.float32)


def babble(speech: list[Corpus], rng: np.random.Generator) -> Floats:
    """A clip of several speakers at once, float32 [n]."""
    clip = np.zeros(_LENGTH, np.float32)
    for _ in range(rng.integers(*SPEAKERS)):
        corpus = speech[rng.integers(len(speech))]
        said = corpus.audio(int(rng.integers(len(corpus)))).astype(np.float32)
        turned = np.roll(np.resize(said, _LENGTH), rng.integers(_LENGTH))
        clip += rng.uniform(0.5, 1.0) * turned / (said.std() + 1e-6)
    return clip


def clips(
    speech: list[Corpus], count: int, rng: np.random.Generator
) -> Iterator[tuple[str, str, NDArray[np.int16]]]:
    """So many clips of each kind, as `training.corpus.write` takes them."""
    for number in range(count):
        made = {"clatter": clatter(rng)} | ({"babble": babble(speech, rng)} if speech else {})
        for kind, clip in made.items():
            samples = np.asarray(clip * (_PEAK / np.abs(clip).max()), np.int16)
            yield kind, f"{kind}{number}", samples


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the corpus of noise, which may have some already")
    parser.add_argument("speech", type=Path, nargs="*", help="corpora to make babble of")
    parser.add_argument("--clips", type=int, default=120, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    speech = [open_corpus(folder) for folder in args.speech]
    made = write(args.out, clips(speech, args.clips, np.random.default_rng(args.seed)))
    print(f"{args.out}: {made} clips more")


if __name__ == "__main__":
    main()
