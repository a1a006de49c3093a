"""Speaks home commands with pauses for thought in them, to tune and measure end-pointers on.

    python tools/make_pauses.py FOLDER [--check]

The waits were chosen on the first set of commands; `--check` speaks others, to see whether they
hold there.

Needs flite and espeak-ng. Writes WAV files and `ends.tsv`: file, end of speech in seconds, words.
The voices are those of the programs; no person was recorded.
"""

# ruff: noqa: INP001 - a script, not part of a package
from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

import numpy as np
import soundfile

from training.demo_recordings import RATE, speak

VOICES = (
    ("flite", "slt"),
    ("flite", "rms"),
    ("flite", "awb"),
    ("flite", "kal16"),
    ("espeak-ng", "en-us"),
    ("espeak-ng", "en-gb-x-rp"),
)
COMMANDS = (
    "turn on | the kitchen light",
    "turn off the lights | in the bedroom",
    "set the office light to | twenty percent",
    "set the thermostat | to twenty one degrees",
    "close | the living room blinds",
    "open the | garage door",
    "lock the front door",
    "what time is it",
    "set a timer | for ten minutes",
    "set a timer for twenty | five minutes",
    "add milk | to my shopping list",
    "turn on the fan | in the living room",
    "is the back door | locked",
    "turn off everything | in the kitchen",
    "what is the temperature | in the bedroom",
    "turn on the bedroom fan",
    "dim the | living room lights | to thirty percent",
    "open the blinds",
)
CHECK_COMMANDS = (
    "switch off | the office lamp",
    "turn off the kitchen | lights",
    "set the kitchen lights | to forty percent",
    "make the bedroom light | blue",
    "unlock | the back door",
    "set the bedroom thermostat to | nineteen degrees",
    "cancel the | timer",
    "remind me in | five minutes",
    "put eggs | on the shopping list",
    "turn the volume | up in the kitchen",
    "is the garage door | open",
    "switch on the | lights in the hallway",
    "how long is left | on the timer",
    "turn the | office fan off",
    "play | some music",
    "what is the weather | like today",
    "close everything | in the office",
    "lock | all the doors",
)
PAUSES_S = (0.0, 0.3, 0.5, 0.7, 0.9, 1.2)
LEAD_S, TAIL_S, ROOM_NOISE = 0.5, 3.5, 0.002


def record(engine: str, voice: str, command: str, pause_s: float) -> tuple[np.ndarray, float]:
    """A command with pauses: samples, and where speech ends in seconds."""
    gap = np.zeros(round(pause_s * RATE), np.float32)
    if not pause_s:
        parts = [speak(engine, voice, command.replace(" |", ""))]
    else:
        spoken = [speak(engine, voice, words) for words in command.split(" | ")]
        parts = [part for words in spoken for part in (words, gap)][:-1]
    speech = np.concatenate([np.zeros(round(LEAD_S * RATE), np.float32), *parts])
    audio = np.concatenate([speech, np.zeros(round(TAIL_S * RATE), np.float32)])
    room = np.random.default_rng(audio.size).normal(0, ROOM_NOISE, audio.size)
    return (audio + room).astype(np.float32), speech.size / RATE


def main() -> int:
    """Make every command by some voices, with every pause."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--check", action="store_true", help="other commands")
    args = arguments.parse_args()
    folder = args.folder
    folder.mkdir(parents=True, exist_ok=True)
    commands = CHECK_COMMANDS if args.check else COMMANDS
    voices = itertools.cycle(VOICES)
    lines = ["file\tend_s\ttext"]
    for number, (command, pause_s) in enumerate(itertools.product(commands, PAUSES_S)):
        if pause_s and "|" not in command:
            continue
        audio, end_s = record(*next(voices), command, pause_s)
        name = f"{number:03}-{round(1000 * pause_s)}ms.wav"
        soundfile.write(folder / name, audio, RATE)
        lines.append(f"{name}\t{end_s:.3f}\t{command.replace(' |', '')}")
    (folder / "ends.tsv").write_text("\n".join(lines) + "\n", "utf8")
    sys.stderr.write(f"{len(lines) - 1} recordings in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
