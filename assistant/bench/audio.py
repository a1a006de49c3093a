"""The recordings that are measured on, what was said in them, and where speech ends."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE
from assistant.audio.vad import SileroVad
from assistant.endpointing.speech_tracker import SpeechTracker

SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3"}
PLAIN_RULE_S = 0.7
"""Home Assistant's default: so much silence ends a command."""


def recordings(folder: Path) -> list[Path]:
    """Audio files in a folder, in order."""
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)


def transcripts(folder: Path) -> Mapping[str, str]:
    """What was said, by file stem: `commands.tsv`, `ends.tsv` or `labels.json` may tell."""
    if (folder / "commands.tsv").is_file():
        with (folder / "commands.tsv").open(encoding="utf8") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
        return {row["file"]: row["command"].replace("| ", "") for row in rows}
    if (folder / "ends.tsv").is_file():
        return {Path(row["file"]).stem: row["text"] for row in _ends(folder)}
    if (folder / "labels.json").is_file():
        labels = json.loads((folder / "labels.json").read_text(encoding="utf8"))
        return {Path(name).stem: each["text"] for name, each in labels.items() if "text" in each}
    return {}


def known_ends(folder: Path) -> Mapping[str, float]:
    """Seconds at which speech ends, by file: from `ends.tsv`, where that is there."""
    return {row["file"]: float(row["end_s"]) for row in _ends(folder)}


def _ends(folder: Path) -> list[dict[str, str]]:
    table = folder / "ends.tsv"
    if not table.is_file():
        return []
    with table.open(encoding="utf8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Word errors, and words said."""
    words = said.lower().split()
    return Levenshtein.distance(words, heard.lower().split()), len(words)


def speech(samples: NDArray[np.int16]) -> list[tuple[float, float]]:
    """Stretches of speech in whole audio, as seconds from and to."""
    voice, tracker = SileroVad(), SpeechTracker()
    stretches: list[tuple[float, float]] = []
    for at in range(0, samples.size - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        end_s = (at + FRAME_SAMPLES) / SAMPLE_RATE
        if tracker.step(voice.process(samples[at : at + FRAME_SAMPLES]), end_s):
            stretches.append((round(end_s - tracker.start_s, 6), end_s))
        elif stretches and tracker.speech_end_s == end_s:
            stretches[-1] = (stretches[-1][0], end_s)
    return stretches


def plain_end_s(stretches: Sequence[tuple[float, float]], silence_s: float = PLAIN_RULE_S) -> float:
    """Where the plain rule ends the first command: after the first pause of `silence_s`."""
    for (_, end_s), (next_s, _) in pairwise(stretches):
        if next_s - end_s >= silence_s:
            return end_s + silence_s
    return stretches[-1][1] + silence_s
