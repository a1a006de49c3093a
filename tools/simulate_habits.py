"""Simulates a week of use: what is heard right in noise without habits, at the start, and after it.

    python tools/simulate_habits.py NOISE [--ratio 2] [--tests 150] [--a-day 12]

NOISE: a folder of noise recordings that soundfile reads. The commands are in
`habits_household.yaml`: those that a household asks for, drawn by Zipf's law in the order in which
they stand there, and others that it could ask for but never does; what habits gain for the first
they may cost the second. Synthetic voices say them, in noise at a ratio of powers, from a fixed
seed. In the week, whatever is done is learned, right or wrong, as if nobody put anything right;
what is asked is learned if it is right, as if the user said yes. All homes hear the same
recordings, none of which is of the week.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
import yaml
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hearing import Home, same  # noqa: E402

from assistant.audio.source import SAMPLE_RATE  # noqa: E402
from assistant.config.hearing import PersonalisationSettings, RecogniserSettings  # noqa: E402
from assistant.config.settings import Settings  # noqa: E402
from assistant.nlu.interpretation import Interpretation  # noqa: E402
from training.synthesis import Espeak, Flite  # noqa: E402

Floats = NDArray[np.float32]

VOICES: tuple[Flite | Espeak, ...] = (
    Flite("rms", 105.0),
    Flite("slt", 170.0),
    Flite("awb", 130.0),
    Espeak("en-us"),
    Espeak("en-gb+f3"),
)
KINDS = ("right", "asked", "refused", "wrong")
DAYS = 7
PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Said:
    """A recording, int16 [n] at 16 kHz, and what was said."""

    text: str
    samples: NDArray[np.int16]


class Household:
    """People who ask for something, in noise; the same in every run."""

    def __init__(self, noise: Path, ratio_db: float) -> None:
        self._noise = sorted(each for each in noise.rglob("*") if each.suffix in {".flac", ".wav"})
        self._ratio_db = ratio_db
        self._rng = np.random.default_rng(21)

    def say(self, texts: Sequence[str], count: int, *, zipf: bool) -> Iterator[Said]:
        """So many of some commands: by Zipf's law, or each as often as another."""
        shares = 1 / np.arange(1, len(texts) + 1) if zipf else np.ones(len(texts))
        for index in self._rng.choice(len(texts), count, p=shares / shares.sum()):
            voice = VOICES[self._rng.integers(len(VOICES))]
            yield Said(texts[index], self._in_noise(spoken(voice, texts[index])))

    def _in_noise(self, speech: Floats) -> NDArray[np.int16]:
        audio = np.concatenate([speech, np.zeros(round(PAUSE_S * SAMPLE_RATE), np.float32)])
        file = self._noise[self._rng.integers(len(self._noise))]
        noise = np.resize(read(file), len(audio))
        noise = np.roll(noise, self._rng.integers(len(noise)))
        power = np.mean(speech**2) / max(1e-9, float(np.mean(noise**2)))
        both = audio + noise * np.sqrt(power / 10 ** (self._ratio_db / 10))
        return np.asarray(both * (16384 / np.abs(both).max()), np.int16)


@cache
def spoken(voice: Flite | Espeak, text: str) -> Floats:
    """A text in a voice, at 16 kHz."""
    (audio,) = (read(path) for path in voice.speak([text], 1.0, 1.0))
    return audio


def read(path: Path) -> Floats:
    """A recording at 16 kHz, its first channel."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(audio[:, 0], rate, SAMPLE_RATE), np.float32)


def kind(home: Home, said: Said) -> tuple[str, Interpretation]:
    """What becomes of a command, and what was understood."""
    heard = home.hear(said.samples)
    right = heard.understood.intent is not None and same(heard.understood, home.reads(said.text))
    if heard.acts:
        return "right" if right else "wrong", heard.meant
    if heard.meant.intent is None:
        return "refused", heard.meant
    return "asked" if right else "asked wrongly", heard.meant


def week(home: Home, household: Household, texts: Sequence[str], a_day: int) -> Counter[str]:
    """Use a home for a week."""
    counts: Counter[str] = Counter()
    for said in household.say(texts, DAYS * a_day, zipf=True):
        what, meant = kind(home, said)
        counts[what] += 1
        if what in {"right", "wrong", "asked"}:
            home.house.understanding.learn(meant)
    return counts


def report(title: str, home: Home, said: Sequence[Said]) -> None:
    """Hear recordings and print what became of them."""
    counts = Counter(kind(home, each)[0] for each in said)
    print(f"  {title:24}" + shares(counts), flush=True)


def shares(counts: Counter[str]) -> str:
    """The kinds in percent; a question is one, whatever it asks."""
    asked = counts["asked"] + counts["asked wrongly"]
    each = [asked if kind == "asked" else counts[kind] for kind in KINDS]
    return "".join(f"{count / counts.total():>9.1%}" for count in each)


def home_of(model: str, state: Path | None) -> Home:
    """A home that learns, or without a state folder one without habits."""
    personal = PersonalisationSettings(habits=state is not None)
    settings = Settings(recogniser=RecogniserSettings(model=model), personalisation=personal)
    return Home(settings, state)


def main() -> int:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("noise", type=Path)
    parser.add_argument("--ratio", type=float, default=2.0, help="dB")
    parser.add_argument("--tests", type=int, default=150, help="commands of each table")
    parser.add_argument("--a-day", type=int, default=12, help="commands in the week")
    parser.add_argument("--model", default="en-small")
    args = parser.parse_args()
    commands = yaml.safe_load(Path(__file__).with_name("habits_household.yaml").read_text("utf-8"))
    household = Household(args.noise, args.ratio)
    tests = {
        "asked by the household": list(household.say(commands["asked"], args.tests, zipf=True)),
        "never asked": list(household.say(commands["never"], args.tests, zipf=False)),
    }
    with tempfile.TemporaryDirectory() as state:
        without, learning = home_of(args.model, None), home_of(args.model, Path(state))
        print(f"{args.ratio:g} dB{'':20}" + "".join(f"{kind:>9}" for kind in KINDS))
        for title, said in tests.items():
            print(title)
            report("without habits", without, said)
            report("with them, at the start", learning, said)
        counts = week(learning, household, commands["asked"], args.a_day)
        print(f"the week, {counts.total()} commands   " + shares(counts))
        for title, said in tests.items():
            print(title)
            report("after a week", learning, said)
    print(f"{time.process_time():.0f} s of one core")
    return 0


if __name__ == "__main__":
    sys.exit(main())
