"""Sentences that are over and such that go on, as the first pass hears them in the pause.

    python -m training.turn_examples OUT CORPUS --noise CORPUS

What tells whether a turn is over (`assistant.asr.turn_end`) learns from people who read sentences.
A whole recording is over at its end. Cut at a natural pause, or where it is quietest for a moment,
it is not. In both cases the recording's own quiet follows, in a room and with noise, so that
nothing tells them apart but how it was said. OUT is an `.npz` with what the encoder gave.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from assistant.asr.features.whisper_mel import FLOOR, HOP, log_mel
from assistant.asr.networks.model_folder import load_model
from assistant.asr.networks.network import Floats, Network
from assistant.asr.turn_end import padded
from assistant.audio.source import SAMPLE_RATE
from training.augment import pick_noise, room
from training.corpus import Corpus
from training.tar_corpus import open_corpus

Samples = NDArray[np.int16]

ASKED_S: Final = (0.1, 0.2, 0.5)
"""Pauses after which it is asked whether the turn is over."""
SHORTEST_S: Final = 0.6
"""What is said before a place where it is cut, and after it."""
LATE_S: Final = (0.0, 0.1)
"""Voice activity is sure of a pause so much after the last sound."""
PAUSE_HOPS: Final = 10
LONGEST_PAUSE_S: Final = 0.5
"""A reader who pauses for longer may have ended a sentence."""
FADE: Final = 160
PAUSE: Final = int((ASKED_S[-1] + LATE_S[1]) * SAMPLE_RATE) + 4 * HOP
ROOM_LASTS: Final = int(0.7 * SAMPLE_RATE)
LEAST_QUIET: Final = 8 * HOP
FAINT: Final = 1e-4
ROOMY, NOISY, NOISE_DB, PEAK_DB = 0.4, 0.5, (5.0, 30.0), (-25.0, -1.0)


@dataclass(frozen=True, slots=True)
class Said:
    """A recording: where in it speech begins and ends, where it may be cut, and its quiet."""

    begin: int
    end: int
    pauses: tuple[tuple[int, int], ...]
    """From and to, in samples."""
    moments: tuple[int, ...]
    """Where it is quiet for a moment between two sounds, and no longer."""
    quiet: Samples


def said(samples: Samples) -> Said | None:
    """What is in a recording; `None` where its noise hides the pauses."""
    hops = samples[: len(samples) // HOP * HOP].reshape(-1, HOP).astype(np.float32)
    level = np.sqrt((hops**2).mean(1)) + 1.0
    loud, floor = np.quantile(level, 0.9), np.quantile(level, 0.03)
    least = max(0.03 * loud, 2.5 * floor)
    if least > 0.25 * loud:  # 12 dB below the speech
        return None
    speaks = np.convolve(level >= least, np.ones(3), "same") >= 2  # no clicks
    edges = np.flatnonzero(np.diff(np.concatenate([[False], speaks, [False]]).astype(int)))
    starts, stops = edges[::2], edges[1::2]
    if len(starts) == 0:
        return None
    gaps = [(a, b) for a, b in zip(stops[:-1], starts[1:], strict=True) if b - a >= PAUSE_HOPS]
    smooth = np.convolve(level, np.ones(5) / 5, "same")
    inner = np.arange(5, len(smooth) - 5)
    lowest = inner[[smooth[i] == smooth[i - 5 : i + 6].min() for i in inner]]
    moments = [i for i in lowest if smooth[i] < 0.15 * loud and speaks[max(0, i - 8) : i].any()]
    return Said(
        int(starts[0]) * HOP,
        int(stops[-1]) * HOP,
        tuple((int(a) * HOP, int(b) * HOP) for a, b in gaps),
        tuple(int(i) * HOP for i in moments),
        _quiet(samples, speaks, starts, stops),
    )


def _quiet(
    samples: Samples, speaks: NDArray[np.bool_], starts: NDArray[np.intp], stops: NDArray[np.intp]
) -> Samples:
    """The longest stretch without speech, its edges left out."""
    begins = np.concatenate([[0], stops])
    ends = np.concatenate([starts, [len(speaks)]])
    longest = int(np.argmax(ends - begins))
    begin, end = int(begins[longest]) + 3, int(ends[longest]) - 3
    return samples[begin * HOP : max(begin, end) * HOP]


def places(found: Said, rng: np.random.Generator, most: int) -> list[int]:
    """Where to cut a recording: at pauses and at quiet moments, at most so many of each."""
    least = SHORTEST_S * SAMPLE_RATE

    def fit(at: int) -> bool:
        return at - found.begin >= least and found.end - at >= least

    longest = LONGEST_PAUSE_S * SAMPLE_RATE
    natural = [a for a, b in found.pauses if fit(a) and b - a <= longest]
    others = [at for at in found.moments if fit(at)]
    chosen: list[int] = []
    for of_kind in (natural, others):
        chosen += [of_kind[i] for i in rng.permutation(len(of_kind))[:most]]
    return chosen


class Scene:
    """A recording, cut wherever it is wanted; `elsewhere` in another room, with noise."""

    def __init__(
        self,
        samples: Samples,
        found: Said,
        rng: np.random.Generator,
        noise: Corpus | None = None,
        *,
        elsewhere: bool = True,
    ) -> None:
        self._dry = np.append(samples, np.zeros(PAUSE, np.int16)).astype(np.float32) / 32768
        own: Floats = np.asarray(found.quiet / 32768, np.float32)
        if len(own) < LEAST_QUIET:
            own = np.asarray(FAINT * rng.standard_normal(SAMPLE_RATE), np.float32)
        self._quiet = np.concatenate([own, own[::-1]])
        self._room = np.ones(1, np.float32)
        if elsewhere and rng.random() < ROOMY:
            self._room = room(rng)
        wet = oaconvolve(self._dry, self._room)[: len(self._dry)]
        level = float(np.sqrt((wet[found.begin : found.end] ** 2).mean()))
        self._noise = np.zeros(len(wet), np.float32)
        if elsewhere and noise is not None and rng.random() < NOISY:
            level *= 10.0 ** (-rng.uniform(*NOISE_DB) / 20)
            self._noise = level * pick_noise(noise, len(wet), rng)
        peak = 10.0 ** (rng.uniform(*PEAK_DB) / 20) / (np.abs(wet).max() + 1e-6)
        self._gain = peak if elsewhere else 1.0
        self.audio = self._gain * (wet + self._noise)

    def pause(self, at: int, rng: np.random.Generator) -> Floats:
        """What is heard from a sample on if nothing more is said: float32 [PAUSE]."""
        before = max(0, at - ROOM_LASTS)
        quiet = np.resize(np.roll(self._quiet, -int(rng.integers(len(self._quiet)))), PAUSE)
        fade = np.linspace(0, 1, FADE, dtype=np.float32)
        quiet[:FADE] = quiet[:FADE] * fade + self._dry[at : at + FADE] * (1 - fade)
        said_last = np.concatenate([self._dry[before:at], quiet])
        wet = oaconvolve(said_last, self._room)[at - before : len(said_last)]
        return np.asarray(self._gain * (wet + self._noise[at : at + PAUSE]), np.float32)


class Ear:
    """The first pass's encoder, which hears a scene once and goes on from any place in it."""

    def __init__(self, network: Network, scene: Scene) -> None:
        self._network, self._scene = network, scene
        features, chunk = log_mel(scene.audio.astype(np.float32)), network.chunk_frames
        self._states, self._outputs = [network.initial_state()], []
        for first in range(0, len(features) - chunk + 1, chunk):
            encoded, state = network.encode(features[first : first + chunk], self._states[-1])
            self._states.append(state)
            self._outputs.append(encoded)

    def asked(self, at: int, late_s: Sequence[float], rng: np.random.Generator) -> Floats:
        """What it gives when asked so long after a sample from which it is quiet: [Q, OUTPUTS, D].

        As a stream gives it: whole chunks, and after them what is there of the next.
        """
        chunk, multiple = self._network.chunk_frames, self._network.frame_multiple
        done = min(at // HOP // chunk, len(self._outputs))
        begin = max(0, done * chunk - 2) * HOP  # two frames more: the first ones see zeros
        audio = np.concatenate([self._scene.audio[begin:at], self._scene.pause(at, rng)])
        features = log_mel(audio.astype(np.float32))[done * chunk - begin // HOP :]
        state, outputs, answers = self._states[done], self._outputs[:done], []
        first = done * chunk
        for frame in (round(at / HOP + 100 * late) for late in late_s):
            while done * chunk + chunk <= frame:
                here = done * chunk - first
                encoded, state = self._network.encode(features[here : here + chunk], state)
                outputs, done = [*outputs, encoded], done + 1
            rest = features[done * chunk - first : frame - first]
            missing = -len(rest) % multiple
            last = np.pad(rest, ((0, missing), (0, 0)), constant_values=FLOOR)
            tail = [self._network.encode(last, state)[0]] if len(rest) else []
            answers.append(padded(np.concatenate([*outputs, *tail])))
        return np.stack(answers)


@dataclass(frozen=True, slots=True)
class Example:
    """What the encoder gave at each question, and whether the turn was over."""

    heard: Floats
    """[Q, OUTPUTS, D]."""
    over: bool


def examples(
    corpus: Corpus,
    chosen: Iterable[int],
    network: Network,
    noise: Corpus | None,
    rng: np.random.Generator,
    *,
    most: int,
) -> Iterator[Example]:
    """Of every chosen recording its end, and at most so many places of each kind before it."""
    for index in chosen:
        samples = corpus.audio(index)
        found = said(samples)
        if found is None or found.end - found.begin < SHORTEST_S * SAMPLE_RATE:
            continue
        scene = Scene(samples, found, rng, noise)
        ear = Ear(network, scene)
        for at in (found.end, *places(found, rng, most)):
            late = [each + rng.uniform(*LATE_S) for each in ASKED_S]
            yield Example(ear.asked(at, late, rng), at == found.end)


def write(path: Path, found: Iterator[Example]) -> int:
    """Write examples, their encoder outputs in half precision; returns how many there are."""
    kept = list(found)
    np.savez(
        path,
        heard=np.stack([each.heard.astype(np.float16) for each in kept]),
        over=np.array([each.over for each in kept]),
    )
    return len(kept)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--noise", type=Path, help="a corpus of noises")
    parser.add_argument("--model", type=Path, default=Path("models/en-stream"))
    parser.add_argument("--recordings", type=int, help="only so many, drawn by chance")
    parser.add_argument("--cuts", type=int, default=2, help="of each kind, in one recording")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    network = load_model(args.model, "edge").streaming
    rng = np.random.default_rng(args.seed)
    corpus, noise = open_corpus(args.corpus), open_corpus(args.noise) if args.noise else None
    chosen = rng.permutation(len(corpus))[: args.recordings]
    print(
        write(args.out, examples(corpus, chosen, network, noise, rng, most=args.cuts)), "examples"
    )


if __name__ == "__main__":
    main()
