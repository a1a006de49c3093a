"""Calibrates confidence: `python tools/tune_confidence.py [--model NAME] [--noise FOLDER]`.

Synthetic voices speak commands of the demo home, sentences that are none, and commands with the
rare names of tools/names, each clean, in noise at 10 and 0 dB, and very softly. A logistic
regression (Hosmer and Lemeshow, "Applied logistic regression", 1989) then predicts from a result
whether its words are those that were said. Prints the weights for assistant/asr/confidence.py, and
for some thresholds how many right hearings lie below them and how many wrong ones.

Needs flite and espeak-ng. Without `--noise`, a folder of recordings, the noise is pink.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from assistant.app.assembly import favoured, favoured_sentences
from assistant.app.household import make_household
from assistant.app.recognition import load_recogniser
from assistant.asr.confidence import evidence
from assistant.asr.result import BiasPhrase, RecognitionResult
from assistant.audio.resample import Resampler
from assistant.config.hearing import RecogniserSettings
from assistant.config.settings import Settings

HERE = Path(__file__).parent
VOICES = (
    *(("flite", "-voice", name, "-t", "{}", "-o", "{}") for name in ("slt", "rms", "awb", "kal16")),
    *(("espeak-ng", "-v", name, "{}", "-w", "{}") for name in ("en-us", "en-gb")),
)
RATE = 16_000
LOUD, SOFT = 0.3, 0.3 * 10 ** (-45 / 20)
HISS = 3e-4
CARRIERS = ("turn on the {}", "turn off the {}", "switch the {} on", "is the {} on")
RARE = 60
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)

Audio = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recording's result says of itself, and whether its words were said."""

    evidence: tuple[float, float, int]
    right: bool
    sentence: bool
    """Whether it is a sentence of the home."""


def main() -> int:
    """Print the weights and the thresholds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="en-small")
    parser.add_argument("--noise", type=Path, help="a folder of recordings of noise")
    args = parser.parse_args()
    settings = Settings(recogniser=RecogniserSettings(model=args.model))
    house = make_household(settings)
    recogniser = load_recogniser(settings)
    noises = Noises(args.noise)
    at_home, of_home = favoured(settings, house), favoured_sentences(settings, house)
    rare = rare_names()
    listed = tuple(BiasPhrase(name, after=("the",)) for name in rare)
    heard: list[Heard] = []
    for number, (text, names) in enumerate(
        [(text, at_home) for text in sentences()]
        + [
            (CARRIERS[number % len(CARRIERS)].format(name), listed)
            for number, name in enumerate(rare)
        ]
    ):
        spoken = speak(text, VOICES[number % len(VOICES)])
        for audio in noises.kinds_of(spoken):
            stream = recogniser.open(names, of_home)
            stream.accept(np.clip(32768 * audio, -32768, 32767).astype(np.int16))
            heard += judged(stream.finish(), text)
    report(heard)
    return 0


def sentences() -> list[str]:
    """Commands of the demo home and sentences that are none, one a line."""
    return (HERE / "sentences" / "confidence.txt").read_text("utf-8").split("\n")[:-1]


def rare_names() -> list[str]:
    """Rare names of devices, as they are written."""
    with (HERE / "names" / "names.tsv").open(encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return [row["name"].lower() for row in rows if row["kind"] == "device"][:RARE]


def speak(text: str, voice: Sequence[str]) -> Audio:
    """A sentence between half a second and a second of nothing, [n] at 16 kHz."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        given = iter((text, file.name))
        subprocess.run([next(given) if part == "{}" else part for part in voice], check=True)  # noqa: S603
        samples, rate = soundfile.read(file.name, dtype="float32", always_2d=True)
    audio = Resampler(rate, 1).convert(samples, last=True) / 32768
    audio = LOUD * audio / max(1e-9, float(np.abs(audio).max()))
    return np.concatenate([np.zeros(RATE // 2), audio, np.zeros(RATE)])


class Noises:
    """Adds noise of a folder, or pink noise; the same for the same calls."""

    def __init__(self, folder: Path | None) -> None:
        self._rng = np.random.default_rng(1)
        self._files = sorted(folder.rglob("*.flac")) if folder else []

    def kinds_of(self, speech: Audio) -> Iterator[Audio]:
        """The speech clean, at 10 dB, at 0 dB, and very soft."""
        hiss = self._rng.normal(0, HISS, speech.size)
        yield speech + hiss
        for ratio_db in (10, 0):
            noise = self._noise(speech.size)
            power = np.mean(speech**2) / max(1e-12, float(np.mean(noise**2)))
            yield speech + noise * np.sqrt(power / 10 ** (ratio_db / 10))
        yield speech * SOFT / LOUD + hiss

    def _noise(self, size: int) -> Audio:
        if self._files:
            samples, _ = soundfile.read(self._files[self._rng.integers(len(self._files))])
            return np.resize(samples, size)
        spectrum = np.fft.rfft(self._rng.normal(size=size))
        return np.fft.irfft(spectrum / np.sqrt(np.arange(1, spectrum.size + 1)), size)


def judged(result: RecognitionResult, text: str) -> list[Heard]:
    """The result of a recording in which `text` was said; nothing where no words were heard."""
    if not result.text:
        return []
    right = result.text.replace("do not", "don't") == text
    return [Heard(evidence(result), right, result.nbest[0].sentence_boost > 0)]


def report(heard: Sequence[Heard]) -> None:
    """Fit, and print what came of it: for sentences of the home, and for other words."""
    for sentence in (True, False):
        kind = [each for each in heard if each.sentence == sentence]
        given = np.array([[*each.evidence, 1.0] for each in kind])
        if not sentence:
            given[:, 2] = 0.0
        right = np.array([each.right for each in kind])
        weights = fitted(given, right)
        said = odds(given @ weights)
        print("sentences of the home" if sentence else "other words")
        print(f"{right.sum()} right, {(~right).sum()} wrong; share, score, word, bias: ", end="")
        print(weights.round(3))
        for least in THRESHOLDS:
            lost, stopped = (said[right] < least).mean(), (said[~right] < least).mean()
            print(f"below {least}: {lost:.1%} of the right ones, {stopped:.1%} of the wrong ones")


def fitted(
    given: NDArray[np.float64],
    right: NDArray[np.bool_],
    least: NDArray[np.float64] | float = -np.inf,
    counts: NDArray[np.float64] | float = 1.0,
) -> NDArray[np.float64]:
    """The weights, by gradient ascent of the likelihood, kept small by a little ridge.

    None is below its `least`. `counts`: how often each case counts.
    """
    weights = np.zeros(given.shape[1])
    for _ in range(20_000):
        error = given.T @ (counts * (right - odds(given @ weights))) / len(right)
        weights = np.maximum(weights + 0.02 * (error - 1e-3 * weights), least)
    return weights


def odds(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities for log odds."""
    return 1 / (1 + np.exp(-values))


if __name__ == "__main__":
    sys.exit(main())
