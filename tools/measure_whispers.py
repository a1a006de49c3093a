"""Measures whether whispers are noticed: missed ones, false alarms, and what it costs.

    python tools/measure_whispers.py LIST ... [--whispers 300] [--words 50]

LIST is a table with the columns `path` (beside it) and `text`, or a folder of recordings. As they
are they must not be taken for whispers. Whispers are made of `--whispers` of each list: noise
through LPC filters (`training/whisper.py`), which the detector has never heard in training.
`--words N` also prints words wrong of so many of a table's recordings, spoken and whispered.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import csv
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assistant.app.whispers import MODEL_FOLDER  # noqa: E402
from assistant.audio.file import read_samples  # noqa: E402
from assistant.audio.source import SAMPLE_RATE  # noqa: E402
from assistant.whispering.detector import WhisperDetector, is_whisper  # noqa: E402
from assistant.whispering.network import STEP_S, RecurrentWhisperDetector  # noqa: E402
from training import systems  # noqa: E402
from training.evaluate import evaluate  # noqa: E402
from training.whisper import whispered  # noqa: E402

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Recording:
    """A file and, where it is known, what is said in it."""

    path: Path
    text: str = ""

    def samples(self) -> Samples:
        """Its audio, int16 [n] at 16 kHz."""
        return asyncio.run(read_samples(str(self.path)))


def recordings(given: Path) -> list[Recording]:
    """Those of a table, or of a folder."""
    if given.is_dir():
        kinds = {".ogg", ".flac", ".wav"}
        return [Recording(each) for each in sorted(given.iterdir()) if each.suffix in kinds]
    with given.open(encoding="utf8") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Recording(given.parent / row["path"], row["text"]) for row in rows]


def spread(all_of_them: Sequence[Recording], count: int) -> list[Recording]:
    """So many of them, at even distances."""
    chosen = np.linspace(0, len(all_of_them) - 1, min(count, len(all_of_them))).astype(int)
    return [all_of_them[number] for number in chosen]


class Ear:
    """Hears as the pipeline does, in blocks of 20 ms, and counts the time."""

    def __init__(self, detector: WhisperDetector) -> None:
        self._detector = detector
        self.work_s = 0.0
        self.audio_s = 0.0

    def whispers(self, samples: Samples) -> bool:
        """Whether a recording counts as whispered at its end."""
        blocks = np.array_split(samples, range(320, samples.size, 320))
        begin = time.process_time()
        stream = self._detector.open()
        for block in blocks:
            stream.accept(block)
        probability = stream.probability()
        self.work_s += time.process_time() - begin
        self.audio_s += samples.size / SAMPLE_RATE
        return is_whisper(probability)


def detect(given: Path, ear: Ear, whispers: int) -> None:
    """Print what is taken for whispers of one list."""
    known = recordings(given)
    told = [each.path for each in known if ear.whispers(each.samples())]
    made = spread(known, whispers)
    missed = [each.path for each in made if not ear.whispers(whispered(each.samples()))]
    print(
        f"{given.parent.name}/{given.name}: "
        f"false alarms {_share(len(told), len(known))}, missed {_share(len(missed), len(made))}"
    )
    for kind, paths in (("false alarm", told), ("missed", missed)):
        _name(kind, paths)


def _name(kind: str, paths: Iterable[Path]) -> None:
    for path in paths:
        print(f"  {kind}: {path.name}")


def _share(count: int, whole: int) -> str:
    return f"{100 * count / whole:.2f} % ({count} of {whole})"


def main() -> None:
    """Read the arguments and print a line for each list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lists", type=Path, nargs="+", metavar="LIST")
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--whispers", type=int, default=300, help="of each list; default: 300")
    parser.add_argument("--words", type=int, default=0, help="of recordings; default: none")
    parser.add_argument("--system", default=f"hearth:{ROOT / 'models' / 'en-small'}")
    args = parser.parse_args()
    ear = Ear(RecurrentWhisperDetector(args.model))
    for given in args.lists:
        detect(given, ear, args.whispers)
    each_s = ear.work_s / ear.audio_s
    print(f"{1000 * STEP_S * each_s:.2f} ms of one core for each {STEP_S} s of audio")
    if not args.words:
        return
    system = systems.load(args.system)
    for given in args.lists:
        spoken = [(each.text, each.samples()) for each in spread(recordings(given), args.words)]
        evaluate(system, f"{given.parent.name}, spoken", spoken)
        softly = [(text, whispered(samples)) for text, samples in spoken]
        evaluate(system, f"{given.parent.name}, whispered", softly)


if __name__ == "__main__":
    main()
