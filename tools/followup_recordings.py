"""Speech without the wake word: what is meant for the device, and what is not.

Follow-ups are spoken by programs, commands and talk come from recordings. For the tools that
measure and tune what is done without a wake word.
"""

# ruff: noqa: INP001 - beside scripts, not part of a package
from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from assistant.audio.source import SAMPLE_RATE
from training.corpus import Corpus

DONE, ASKED = "turn on the kitchen light", "turn on the desk lamp"
AFTER = {
    DONE: (
        *("and the bedroom", "turn it off", "no the bedroom light", "what about the hallway"),
        *("and the hallway too", "set it to fifty percent", "turn off the living room light"),
        *("what time is it", "set a timer for ten minutes", "and off again", "close the blinds"),
        *("what is the temperature in the office", "add milk to the shopping list", "never mind"),
    ),
    ASKED: ("the office one", "the second one", "in the kids room", "both", "no", "the first"),
}
"""What may be said after a command was carried out, and after it was asked which one is meant."""
VOICES = (("flite", "rms"), ("festival", "ked_diphone"))
"""None of which the recogniser was trained on."""
TUNING_VOICES = (("espeak-ng", "en-us"), ("flite", "slt"))
PROGRAMS = {"espeak-ng": "espeak-ng", "flite": "flite", "festival": "text2wave"}
NOISE_DB = 15.0


@dataclass(frozen=True, slots=True)
class Said:
    """A recording, int16 [n] at 16 kHz, and whether it is meant for the device."""

    group: str
    text: str
    voice: str
    own: bool
    samples: NDArray[np.int16]
    after: tuple[str, ...] = tuple(AFTER)
    """In what situations it is heard."""


def spoken(text: str, program: str, voice: str) -> NDArray[np.float64]:
    """A text by a voice, float [n] at 16 kHz, at its usual level."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/said.wav"
        command = {
            "espeak-ng": ["espeak-ng", "-v", voice, "-w", file, text],
            "flite": ["flite", "-voice", voice, "-t", text, "-o", file],
            "festival": ["text2wave", "-eval", f"(voice_{voice})", "-o", file],
        }[program]
        subprocess.run(command, input=text.encode(), check=True)  # noqa: S603 - texts of our own
        samples, rate = soundfile.read(file)
    samples = soxr.resample(samples, rate, SAMPLE_RATE) if rate != SAMPLE_RATE else samples
    return np.asarray(samples / np.abs(samples).max() * 8000)


def follow_ups(voices: Sequence[tuple[str, str]]) -> Iterator[Said]:
    """What is said after something, by each voice in turn, half of it in noise."""
    noise = np.random.default_rng(1)
    for number, (after, text) in enumerate((a, text) for a in AFTER for text in AFTER[a]):
        for at, voice in enumerate(voices):
            audio = np.concatenate((np.zeros(3200), spoken(text, *voice)))
            if (number + at) % 2:
                level = np.sqrt(np.mean(audio**2)) / 10 ** (NOISE_DB / 20)
                audio = audio + noise.normal(0, level, audio.size)
            samples = np.clip(audio, -32768, 32767).astype(np.int16)
            yield Said(
                "follow-up", text, " ".join(voice), own=True, samples=samples, after=(after,)
            )


def commands(
    folders: Sequence[Path], is_command: Callable[[str], bool], limit: int
) -> Iterator[Said]:
    """What the home takes for commands of corpora, evenly chosen."""
    for corpus in map(Corpus, folders):
        known = [index for index, entry in enumerate(corpus.entries) if is_command(entry.text)]
        for index in known[:: max(1, len(known) // limit)][:limit]:
            entry, samples = corpus.entries[index], corpus.audio(index)
            yield Said("command", entry.text, entry.voice, own=True, samples=samples, after=(DONE,))


def talk(lists: Sequence[Path], limit: int) -> Iterator[tuple[str, str, Path]]:
    """The text, the speaker and the file of recordings, evenly chosen from each list."""
    for file in lists:
        header, *lines = file.read_text("utf-8").splitlines()
        text, speaker = (header.split("\t").index(name) for name in ("text", "speaker"))
        for line in lines[:: max(1, len(lines) // limit)][:limit]:
            fields = line.split("\t")
            yield fields[text], fields[speaker] or fields[0], file.parent / fields[0]


def talk_of(lists: Sequence[Path], limit: int) -> Iterator[Said]:
    """The same as it was said; recordings of other rates are left out."""
    for text, speaker, file in talk(lists, limit):
        samples, rate = soundfile.read(file, dtype="int16")
        if rate == SAMPLE_RATE and samples.ndim == 1:
            yield Said("talk", text, speaker, own=False, samples=samples)
