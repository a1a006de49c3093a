"""Make the demo's recordings with text-to-speech programs: `python -m training.demo_recordings`.

Reads `demo/commands.tsv` and writes one Ogg Opus file a line beside it. A `|` in a command is a
pause for thought. Needs flite, espeak-ng and festival on the PATH; the recordings are kept in the
repository, so only someone who changes them runs this.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

RATE = 16_000
FOLDER = Path(__file__).parents[1] / "demo"
THINKING_S = 0.9
LEAD_S, TAIL_S = 0.6, 2.0
ROOM_NOISE = 0.001

Audio = NDArray[np.float32]


def speak(engine: str, voice: str, text: str) -> Audio:
    """Speech as float32 [samples] at 16 kHz, trimmed and at an even level."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        commands = {
            "flite": ["flite", "-voice", voice, "-t", text, "-o", str(path)],
            "espeak-ng": ["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text],
            "festival": ["text2wave", "-eval", f"({voice})", "-o", str(path)],
        }
        subprocess.run(commands[engine], input=text.encode(), check=True)
        samples, rate = soundfile.read(path, dtype="float32")
    audio: Audio = soxr.resample(samples, rate, RATE)
    loud = np.flatnonzero(np.abs(audio) > 0.01 * np.abs(audio).max())
    audio = audio[loud[0] : loud[-1] + 1]
    level: np.float32 = np.abs(audio).max()
    return (0.5 / level * audio).astype(np.float32)


def silence(duration_s: float) -> Audio:
    """So many seconds of nothing."""
    return np.zeros(int(duration_s * RATE), np.float32)


def record(line: dict[str, str]) -> Audio:
    """One recording: quiet room, wake word, pause, command, quiet room."""
    parts = [silence(LEAD_S), speak(line["engine"], line["voice"], line["wake"])]
    gap_s = float(line["pause_s"])
    for words in line["command"].split(" | "):
        parts += [silence(gap_s), speak(line["engine"], line["voice"], words)]
        gap_s = THINKING_S
    audio = np.concatenate([*parts, silence(TAIL_S)])
    room = np.random.default_rng(len(audio)).normal(0, ROOM_NOISE, len(audio))
    return (audio + room).astype(np.float32)


def main() -> None:
    """Make every recording in the list."""
    with (FOLDER / "commands.tsv").open(encoding="utf8") as lines:
        for line in csv.DictReader(lines, delimiter="\t"):
            path = FOLDER / f"{line['file']}.ogg"
            soundfile.write(path, record(line), RATE, format="OGG", subtype="OPUS")
            sys.stderr.write(f"{path.name}  {line['engine']} {line['voice']}: {line['command']}\n")


if __name__ == "__main__":
    main()
