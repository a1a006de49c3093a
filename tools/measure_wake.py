"""Measures a wake-word detector on recordings: detections, false accepts, and what waiting costs.

    python tools/measure_wake.py --wake FOLDER --other FOLDER [FOLDER ...] [--word alexa]

`--wake`: a folder of recordings with the wake word in each. `--other`: folders of recordings
without it, heard as one long stream. Run it under `taskset -c 0` for the cost on one core.
"""

# ruff: noqa: INP001 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.audio.file import FileSource
from assistant.audio.source import SAMPLE_RATE, AudioError, Frame
from assistant.wake.detector import Wake, WakeDetector
from assistant.wake.factory import create
from assistant.wake.words import WakeWordError

SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3"}


@dataclass(slots=True)
class Heard:
    """What a detector did on some audio."""

    files: int = 0
    samples: int = 0
    cpu_s: float = 0.0
    wakes: int = 0
    woken_files: int = 0

    @property
    def audio_s(self) -> float:
        """Length of the audio."""
        return self.samples / SAMPLE_RATE

    @property
    def real_time_factor(self) -> float:
        """Processor seconds a second of audio, decoding not included."""
        return self.cpu_s / self.audio_s if self.samples else 0.0


def recordings(folder: Path) -> Iterator[Path]:
    """Audio files in a folder and those below it, in order."""
    yield from sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


async def hear(detector: WakeDetector, path: Path, heard: Heard) -> list[Wake]:
    """Play one file to the detector and add up what it did."""
    frames: list[Frame] = [frame async for frame in FileSource(path).frames()]
    begin_s = time.process_time()
    wakes = [wake for frame in frames if (wake := detector.process(frame))]
    heard.cpu_s += time.process_time() - begin_s
    heard.files += 1
    heard.samples += sum(frame.size for frame in frames)
    heard.wakes += len(wakes)
    heard.woken_files += bool(wakes)
    return wakes


async def measure_wake(detector: WakeDetector, folder: Path) -> None:
    """Each recording on its own, from a fresh state."""
    heard = Heard()
    for path in recordings(folder):
        detector.reset()
        if not await hear(detector, path, heard):
            sys.stderr.write(f"missed: {path}\n")
    sys.stdout.write(
        f"{folder}: {heard.woken_files} of {heard.files} detected, {heard.wakes} wakes, "
        f"real-time factor {heard.real_time_factor:.4f}\n"
    )


async def measure_other(detector: WakeDetector, folders: list[Path], fresh: bool) -> None:
    """One long stream, or (`fresh`) each recording on its own."""
    heard = Heard()
    detector.reset()
    for path in (path for folder in folders for path in recordings(folder)):
        if fresh:
            detector.reset()
        for wake in await hear(detector, path, heard):
            sys.stderr.write(f"false accept: {path}: {wake.word} {wake.probability:.2f}\n")
    sys.stdout.write(
        f"{', '.join(map(str, folders))}: {heard.wakes} false accepts in {heard.files} files, "
        f"{heard.audio_s / 3600:.2f} h, real-time factor {heard.real_time_factor:.4f}\n"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--wake", type=Path, help="recordings with the wake word")
    parser.add_argument("--other", type=Path, nargs="+", help="recordings without it")
    parser.add_argument("--word", action="append", help="default: alexa; may be repeated")
    parser.add_argument("--engine", default="micro")
    parser.add_argument("--threshold", type=float, help="default: that of the model")
    parser.add_argument("--fresh", action="store_true", help="reset before each of --other")
    args = parser.parse_args()
    try:
        detector = create(args.engine, args.word or ["alexa"], args.threshold)
        if args.wake:
            asyncio.run(measure_wake(detector, args.wake))
        if args.other:
            asyncio.run(measure_other(detector, args.other, args.fresh))
    except (AudioError, WakeWordError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
