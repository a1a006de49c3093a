"""How well Hearth hears beside its own music, in simulated rooms.

    python -m tools.measure_music --music FILE... --wake FOLDER --commands CORPUS [--louder 10]

A loudspeaker plays music all the time, and the microphone hears it so many decibels louder than
whoever speaks. `--wake`: recordings of "alexa"; how many wake it is printed, without an echo
canceller and with each. `--commands`: a corpus as `training.prepare` writes it; they are said while
the music is turned down as after the wake word, and the words wrong are printed. Rooms are drawn
by training/augment.py; the echo comes 60 ms late.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from assistant.app.echo import make_canceller
from assistant.app.recognition import load_recogniser
from assistant.asr.result import recognise
from assistant.audio.echo import EchoCancelled, Reference
from assistant.audio.echo_canceller import EchoCanceller
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, Frame
from assistant.config.hearing import AudioSettings, EchoCancellation
from assistant.config.settings import Settings
from assistant.wake.factory import create
from training.augment import room
from training.corpus import Corpus
from training.score import word_errors

KINDS: Sequence[EchoCancellation] = ("none", "webrtc", "speex")
LEARN_S, GAP_S = 6.0, 1.5
"""Music alone at first, in which the canceller learns the room, and around each recording."""
DELAY = round(0.06 * SAMPLE_RATE)
SPEECH = 1000.0
"""How loud whoever speaks is: mean square root of the samples."""
NOISE = 3.0

Audio = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is played, and what the microphone hears of all; where each recording lies in it."""

    played: NDArray[np.int16]
    heard: NDArray[np.int16]
    places: tuple[slice, ...]

    @classmethod
    def of(
        cls, said: Sequence[Audio], music: Audio, louder_db: float, ducked: float, seed: int
    ) -> Scene:
        """Recordings one after another, beside music that is `ducked` to a part of its volume."""
        random = np.random.default_rng(seed)
        gap, at = round(GAP_S * SAMPLE_RATE), round(LEARN_S * SAMPLE_RATE)
        places = []
        for each in said:
            places.append(slice(at, at + each.size + gap))
            at += each.size + gap
        speech = np.zeros(at + gap)
        for place, each in zip(places, said, strict=True):
            speech[place][: each.size] = each * SPEECH / loudness(each)
        played = np.resize(music, speech.size)
        # Half of full scale at most, so that nothing is clipped.
        played *= 16_000 / np.abs(played).max()
        impulse = np.concatenate([np.zeros(DELAY), room(random)])
        echo = np.convolve(played, impulse)[: speech.size]
        louder = SPEECH * 10 ** (louder_db / 20) / loudness(echo)
        heard = speech + ducked * louder * echo + random.normal(0, NOISE, speech.size)
        return cls(whole(ducked * played), whole(heard), tuple(places))

    def cleaned(self, kind: EchoCancellation) -> NDArray[np.int16]:
        """What is left of what is heard when the echo is taken out."""
        canceller = make_canceller(AudioSettings(echo_cancellation=kind))
        if canceller is None:
            return self.heard
        return np.concatenate(asyncio.run(_cleaned(self, canceller)))


class Microphone:
    """An `AudioSource` of a scene that says what is played while it is heard."""

    name = "mic"

    def __init__(self, scene: Scene, reference: Reference) -> None:
        self._scene, self._reference = scene, reference

    async def frames(self) -> AsyncIterator[Frame]:
        """The frames as they are heard."""
        for at in range(0, self._scene.heard.size - FRAME_SAMPLES, FRAME_SAMPLES):
            self._reference.put(at, self._scene.played[at : at + FRAME_SAMPLES])
            yield self._scene.heard[at : at + FRAME_SAMPLES]


async def _cleaned(scene: Scene, canceller: EchoCanceller) -> list[Frame]:
    reference = Reference()
    source = EchoCancelled(Microphone(scene, reference), canceller, reference)
    return [frame async for frame in source.frames()]


def loudness(audio: Audio) -> float:
    """The mean square root of the samples."""
    return float(np.sqrt(np.mean(np.square(audio)))) + 1e-9


def whole(audio: Audio) -> NDArray[np.int16]:
    """Samples as a sound card gives them."""
    return np.clip(audio, -32768, 32767).astype(np.int16)


def read(path: Path) -> Audio:
    """A recording at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    if rate != SAMPLE_RATE:
        raise SystemExit(f"{path} has {rate} Hz: convert it to {SAMPLE_RATE}")
    return np.asarray(samples[:, 0], np.float64)


def scenes(
    said: Sequence[Audio], music: Sequence[Audio], louder_db: float, ducked: float, rooms: int
) -> Iterator[Scene]:
    """A scene a room: the recordings in their order, each in one of them."""
    each = -(-len(said) // rooms)
    for seed in range(rooms):
        part = said[seed * each : (seed + 1) * each]
        if part:
            yield Scene.of(part, music[seed % len(music)], louder_db, ducked, seed)


def woken(audio: NDArray[np.int16], places: Iterable[slice]) -> int:
    """In how many places the wake word is heard."""
    detector = create("micro", ["alexa"], None)
    starts = range(0, audio.size - FRAME_SAMPLES, FRAME_SAMPLES)
    heard = [at for at in starts if detector.process(audio[at : at + FRAME_SAMPLES]) is not None]
    return sum(any(place.start <= at < place.stop for at in heard) for place in places)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--music", type=Path, nargs="+", required=True)
    parser.add_argument("--wake", type=Path, required=True)
    parser.add_argument("--commands", type=Path, required=True)
    parser.add_argument("--louder", type=float, default=10.0, help="dB above who speaks")
    parser.add_argument("--rooms", type=int, default=5)
    parser.add_argument("--limit", type=int, default=100, help="commands")
    args = parser.parse_args()
    music, level = [read(path) for path in args.music], Settings().ducking.level
    words = [read(path) for path in sorted(args.wake.iterdir()) if path.suffix in {".ogg", ".wav"}]
    beside = list(scenes(words, music, args.louder, 1.0, args.rooms))
    print(f"{len(words)} wake words, music {args.louder:.0f} dB louder, echo canceller:")
    for kind in KINDS:
        heard = sum(woken(scene.cleaned(kind), scene.places) for scene in beside)
        print(f"    {kind}: {heard} heard ({heard / len(words):.1%})", flush=True)

    corpus, recogniser = Corpus(args.commands), load_recogniser(Settings())
    chosen = list(islice(enumerate(corpus.entries), args.limit))
    texts = [entry.text for _, entry in chosen]
    said = [np.asarray(corpus.audio(index), np.float64) for index, _ in chosen]
    pause = np.zeros(SAMPLE_RATE // 2)
    alone = [recognise(recogniser, whole(np.concatenate([each, pause]))).text for each in said]
    print(
        f"words wrong in {len(said)} commands, no names known:",
        word_errors(list(zip(texts, alone, strict=True))),
    )
    ducked = list(scenes(said, music, args.louder, level, args.rooms))
    for kind in KINDS:
        cleaned = [(scene.cleaned(kind), scene.places) for scene in ducked]
        found = [
            recognise(recogniser, audio[at]).text for audio, places in cleaned for at in places
        ]
        wrong = word_errors(list(zip(texts, found, strict=True)))
        print(f"    beside music turned down to {level}, {kind}: {wrong}", flush=True)


if __name__ == "__main__":
    main()
