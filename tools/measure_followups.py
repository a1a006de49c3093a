"""What comes of speech without the wake word, while the microphone is held open.

    python tools/measure_followups.py --talk FOLDER.tsv [FOLDER.tsv ...] [--limit 200] [--tuning]
    python tools/measure_followups.py --talk FOLDER.tsv [FOLDER.tsv ...] --read [--limit 9999]

Follow-ups ("and the bedroom", "turn it off") are spoken by voices of espeak-ng and flite, half of
them in noise, and should be acted on. `--talk`: lists (path, ..., text) of speech that is meant for
nobody here, each recording heard as if the window were open, after a plain reply and after a
question; nothing should be done then. `--tuning` takes other voices, for choosing thresholds. With
`--read` nothing is heard, the texts are taken: what would be done if all were heard right.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from assistant.app.assembly import favoured, favoured_sentences
from assistant.app.household import make_household
from assistant.app.recognition import load_recogniser
from assistant.asr.confidence import confidence
from assistant.asr.result import RecognitionResult, recognise
from assistant.audio.source import SAMPLE_RATE
from assistant.config.settings import Settings
from assistant.dialogue.dispatcher import nothing_before
from assistant.pipeline.certainty import certainty, doubted
from assistant.pipeline.follow_up import is_for_us

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
VOICES = (
    ("espeak-ng", "en-gb-x-rp"),
    ("espeak-ng", "en-us+f3"),
    ("flite", "awb"),
    ("flite", "kal"),
)
TUNING_VOICES = (("espeak-ng", "en-us"), ("flite", "slt"), ("flite", "rms"))
NOISE_DB = 15.0


@dataclass(frozen=True, slots=True)
class Case:
    """One recording in one situation, and what came of it."""

    said: str
    after: str
    meant_for_it: bool
    heard: str
    intent: str | None
    answers: bool
    sure: float
    confidence: float
    acts: bool


class Ears:
    """A home that was spoken to before."""

    def __init__(self) -> None:
        settings = Settings()
        self._house = make_household(settings)
        self._recogniser = load_recogniser(settings)
        self._names = favoured(settings, self._house)
        self._sentences = favoured_sentences(settings, self._house)
        self._least = settings.understanding.confidence
        self._rooms = {text: self._house.in_room(None, nothing_before) for text in AFTER}

    async def begin(self) -> None:
        """Say in each room what was said before."""
        await self._house.start()
        for text, room in self._rooms.items():
            room.heard_time.follow(lambda: 0.0)
            meant = room.understanding.interpret_text(text)
            carried = await room.dispatcher.carry_out(meant, text)
            room.understanding.referents.note(carried.named)

    def hear(self, samples: NDArray[np.int16]) -> RecognitionResult:
        """What is recognised, a pause after it."""
        padded = np.concatenate((samples, np.zeros(SAMPLE_RATE // 2, np.int16)))
        return recognise(self._recogniser, padded, self._names, self._sentences)

    def case(self, said: str, after: str, result: RecognitionResult, *, own: bool) -> Case:
        """What comes of it after something was said."""
        understood = self._rooms[after].conversation.interpret(result.nbest)
        sure = certainty(understood, result)
        meant = doubted(understood, result.text, sure, self._least)
        return Case(
            said,
            after,
            own,
            result.text,
            understood.intent,
            understood.answers,
            round(sure, 4),
            round(confidence(result), 4),
            is_for_us(meant) and not meant.question,
        )

    def read(self, said: str, after: str, *, own: bool) -> Case:
        """What comes of a text after something was said."""
        meant = self._rooms[after].conversation.interpret_text(said)
        acts = is_for_us(meant) and not meant.question
        return Case(said, after, own, said, meant.intent, meant.answers, 1.0, 1.0, acts)


def spoken(text: str, program: str, voice: str) -> NDArray[np.float64]:
    """A text by a voice, float [n] at 16 kHz, at its usual level."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/said.wav"
        espeak = ["espeak-ng", "-v", voice, "-w", file, text]
        flite = ["flite", "-voice", voice, "-t", text, "-o", file]
        command = espeak if program == "espeak-ng" else flite
        subprocess.run(command, check=True)  # noqa: S603 - texts of our own
        samples, rate = soundfile.read(file)
    samples = soxr.resample(samples, rate, SAMPLE_RATE) if rate != SAMPLE_RATE else samples
    return np.asarray(samples / np.abs(samples).max() * 8000)


def follow_ups(voices: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, NDArray[np.int16]]]:
    """What is said after what, and its audio: by each voice in turn, half of it in noise."""
    noise = np.random.default_rng(1)
    for number, (after, text) in enumerate((a, text) for a in AFTER for text in AFTER[a]):
        for at, voice in enumerate(voices):
            audio = np.concatenate((np.zeros(3200), spoken(text, *voice)))
            if (number + at) % 2:
                level = np.sqrt(np.mean(audio**2)) / 10 ** (NOISE_DB / 20)
                audio = audio + noise.normal(0, level, audio.size)
            yield after, text, np.clip(audio, -32768, 32767).astype(np.int16)


def talk(lists: Sequence[Path], limit: int) -> Iterator[tuple[str, Path]]:
    """The text and the file of recordings, evenly chosen from each list."""
    for file in lists:
        header, *lines = file.read_text("utf-8").splitlines()
        text = header.split("\t").index("text")
        for line in lines[:: max(1, len(lines) // limit)][:limit]:
            fields = line.split("\t")
            yield fields[text], file.parent / fields[0]


async def cases(args: argparse.Namespace) -> list[Case]:
    """Every recording in each situation."""
    ears = Ears()
    await ears.begin()
    if args.read:
        own = [ears.read(text, after, own=True) for after in AFTER for text in AFTER[after]]
        texts = [text for text, _ in talk(args.talk, args.limit)]
        return own + [ears.read(text, after, own=False) for text in texts for after in AFTER]
    found = []
    for after, text, samples in follow_ups(TUNING_VOICES if args.tuning else VOICES):
        found.append(ears.case(text, after, ears.hear(samples), own=True))
    for text, file in talk(args.talk, args.limit):
        samples, rate = soundfile.read(file, dtype="int16")
        if rate != SAMPLE_RATE or samples.ndim > 1:
            continue
        result = ears.hear(samples)
        found += [ears.case(text, after, result, own=False) for after in AFTER]
        args.seconds += samples.size / SAMPLE_RATE
    return found


def report(found: Sequence[Case], seconds: float) -> None:
    """Print the figures, and every mistake."""
    own = [case for case in found if case.meant_for_it]
    print(f"{100 * sum(case.acts for case in own) / len(own):.1f} % of {len(own)} follow-ups done")
    for after in AFTER:
        false = [c for c in found if not c.meant_for_it and c.after == after and c.acts]
        count = sum(not c.meant_for_it and c.after == after for c in found)
        talked = f"{count} sentences" + (f" ({seconds / 60:.0f} min)" if seconds else "")
        print(f"{len(false)} false actions in {talked} after '{after}'")
        for case in false:
            print(f"    said: {case.said!r}, heard: {case.heard!r}, {case.intent} {case.sure}")
    for case in own:
        if not case.acts:
            print(f"missed: {case.said!r}, heard: {case.heard!r}, {case.intent} {case.sure}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--talk", type=Path, nargs="+", default=[])
    parser.add_argument("--limit", type=int, default=200, help="recordings of each list")
    parser.add_argument("--tuning", action="store_true", help="with the voices for tuning")
    parser.add_argument("--read", action="store_true", help="take the texts, hear nothing")
    parser.add_argument("--cases", type=Path, help="write what came of each, as JSON Lines")
    args = parser.parse_args()
    if not all(map(shutil.which, ("espeak-ng", "flite"))):
        raise SystemExit("it needs espeak-ng and flite: sudo apt install espeak-ng flite")
    args.seconds = 0.0
    found = asyncio.run(cases(args))
    report(found, args.seconds)
    if args.cases:
        args.cases.write_text("".join(json.dumps(asdict(case)) + "\n" for case in found), "utf-8")


if __name__ == "__main__":
    main()
