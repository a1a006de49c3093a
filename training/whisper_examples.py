"""What the detector of whispers learns from: `python -m training.whisper_examples OUT ...`.

    python -m training.whisper_examples examples --speech real0 real1 real2 real4 --noise noise

Whispers are made of recordings by WORLD (`training.world`), or spoken by espeak-ng's whispering
variants. So that neither the vocoder nor espeak-ng gives them away, there is speech with a voice
from both, beside recordings as they are, and noise (and hiss) alone. All of it is heard in rooms
and noises (`training.augment`) at any level from -50 dB on. Noise through LPC filters
(`training.whisper`) is never among it: that is how the detector is measured.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from assistant.whispering.features import Features, Floats
from training.augment import Augmenter, coloured_noise
from training.corpus import Corpus
from training.synthesis import Espeak, synthesise
from training.tar_corpus import open_corpus
from training.world import resynthesised, whispered

Samples = NDArray[np.int16]

LONGEST_S: Final = 5.0
AROUND_S: Final = 1.0
"""At most so much of what is around it is heard before the speech, and as much after it."""
LEVEL_DB: Final = (-50.0, 0.0)
"""Of the loudest sample, beside full scale."""
KEPT_APART: Final = 10
"""One voice in so many is kept apart for finding where the threshold lies."""
ACCENTS: Final = ("en", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-029")
"""Not `en-gb`: espeak-ng 1.51 knows no variants of it, and says nothing."""
WHISPERING: Final = ("whisper", "whisperf")
SPEAKING: Final = ("m1", "m3", "m7", "f1", "f2", "f4", "croak", "klatt2", "klatt4")
HEARD: Final = {"recorded": 1, "world": 4, "espeak": 2, "noise": 1, "hiss": 1}
"""How often each kind is heard, each time somewhere else."""


@dataclass(frozen=True, slots=True)
class Example:
    """Something to be heard, before it is put into a room."""

    samples: Samples
    whispered: bool
    kind: str
    voice: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are of each kind."""

    recorded: int
    world: int
    """Whispers; half as many are resynthesised with their voice."""
    espeak: int
    """Whispers; as many have a voice."""
    noise: int
    hiss: int
    """Steady noise of random colour; every tenth is silence."""


class Excerpts:
    """Stretches of random recordings."""

    def __init__(self, corpora: Sequence[Corpus], rng: np.random.Generator) -> None:
        self._corpora = corpora
        self._rng = rng

    def pick(self, count: int) -> Iterator[tuple[Samples, str, str]]:
        """So many stretches of `LONGEST_S` at most, each with its text and voice."""
        for number in range(count):
            corpus = self._corpora[number % len(self._corpora)]
            index = int(self._rng.integers(len(corpus)))
            samples, entry = corpus.audio(index), corpus.entries[index]
            longest = round(LONGEST_S * SAMPLE_RATE)
            start = int(self._rng.integers(max(1, samples.size - longest)))
            yield samples[start : start + longest], entry.text, entry.voice


def examples(
    speech: Sequence[Corpus], noise: Corpus, counts: Counts, seed: int
) -> Iterator[Example]:
    """All that is learned from, before it is put into rooms."""
    rng = np.random.default_rng(seed)
    excerpts = Excerpts(speech, rng)
    for samples, _, voice in excerpts.pick(counts.recorded):
        yield Example(samples, False, "recorded", voice)
    for number, (samples, _, voice) in enumerate(excerpts.pick(counts.world)):
        yield Example(whispered(samples, rng), True, "world", voice)
        if number % 2:
            yield Example(resynthesised(samples, rng), False, "world", voice)
    texts = [text for _, text, _ in excerpts.pick(2 * counts.espeak)]
    yield from _spoken(texts[: counts.espeak], WHISPERING, seed, whispers=True)
    yield from _spoken(texts[counts.espeak :], SPEAKING, seed, whispers=False)
    for samples, _, voice in Excerpts([noise], rng).pick(counts.noise):
        yield Example(samples, False, "noise", voice)
    for number in range(counts.hiss):
        level = 1000.0 if number % 10 else 0.0
        length = int(rng.uniform(0.5, LONGEST_S) * SAMPLE_RATE)
        hiss = np.asarray(level * coloured_noise(length, rng), np.int16)
        yield Example(hiss, False, "hiss", f"hiss{number}")


def _spoken(
    texts: Sequence[str], variants: Sequence[str], seed: int, *, whispers: bool
) -> Iterator[Example]:
    voices = [(Espeak(f"{accent}+{variant}"), 1.0) for accent in ACCENTS for variant in variants]
    short = [" ".join(text.split()[:12]) for text in texts]
    for _, voice, samples in synthesise(short, voices, seed, batch=4):
        yield Example(samples[: round(LONGEST_S * SAMPLE_RATE)], whispers, "espeak", voice)


def heard(
    samples: Samples, somewhere: Callable[[Samples], Floats], rng: np.random.Generator
) -> Samples:
    """A sound somewhere, with what is around it before and after, at any level."""
    if not samples.any():
        return samples
    before, after = (int(rng.uniform(0.0, AROUND_S) * SAMPLE_RATE) for _ in range(2))
    audio = somewhere(np.pad(samples, (before, after)))
    level = 10.0 ** (rng.uniform(*LEVEL_DB) / 20.0) / (np.abs(audio).max() + 1e-6)
    return np.asarray(np.rint(audio * level * 32767.0), np.int16)


def write(out: Path, made: Iterator[Example], noise: Corpus, seed: int) -> int:
    """Write features and labels of all examples to a file; returns how many there are."""
    rng = np.random.default_rng(seed)
    somewhere = Augmenter(noise, seed)
    rows: list[tuple[Floats, bool, bool]] = []
    for example in made:
        apart = zlib.crc32(example.voice.encode()) % KEPT_APART == 0
        for _ in range(HEARD[example.kind]):
            samples = heard(example.samples, somewhere, rng)
            rows.append((Features().accept(samples), example.whispered, apart))
    np.savez(
        out,
        features=np.concatenate([features for features, _, _ in rows]).astype(np.float16),
        frames=np.array([len(features) for features, _, _ in rows]),
        whispered=np.array([whisper for _, whisper, _ in rows]),
        apart=np.array([apart for _, _, apart in rows]),
    )
    return len(rows)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the file to write, .npz")
    parser.add_argument("--speech", type=Path, nargs="+", required=True, help="corpora")
    parser.add_argument("--noise", type=Path, required=True, help="a corpus")
    parser.add_argument("--recorded", type=int, default=2500)
    parser.add_argument("--world", type=int, default=320)
    parser.add_argument("--espeak", type=int, default=160)
    parser.add_argument("--noises", type=int, default=200)
    parser.add_argument("--hisses", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    speech, noise = [open_corpus(folder) for folder in args.speech], open_corpus(args.noise)
    counts = Counts(args.recorded, args.world, args.espeak, args.noises, args.hisses)
    made = write(args.out, examples(speech, noise, counts, args.seed), noise, args.seed)
    print(f"{args.out}: {made} examples")


if __name__ == "__main__":
    main()
