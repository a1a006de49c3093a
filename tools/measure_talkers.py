"""Measures what somebody else's talk does to words, with and without the voice filter.

    python tools/measure_talkers.py LIST [--db 5] [--count 200] [--others LIST] [--wrong]

LIST is a table of recordings with `path` (beside it), `speaker` and `text`. Over each recording
somebody else of the table (or of `--others`) talks all the time, so many decibels below it. The
anchor, in the place of a wake word, is what the same speaker says in another recording, cut after
`--anchor` seconds of speech, under the same talk; with `--wrong` it is the recording's before, by
another person. Names and sentences are not favoured. "Heard otherwise" counts the recordings whose
text is another one with the filter.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import csv
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assistant.app.recognition import VOICE_FILTER  # noqa: E402
from assistant.app.speakers import load_model  # noqa: E402
from assistant.asr.features.voice_filter import VoiceFilter  # noqa: E402
from assistant.asr.recogniser import TransducerRecogniser, load_recogniser  # noqa: E402
from assistant.asr.result import recognise  # noqa: E402
from assistant.audio.file import read_samples  # noqa: E402
from assistant.audio.source import SAMPLE_RATE  # noqa: E402
from training.mixtures import chained, decibels, loudness, only_speech  # noqa: E402
from training.score import word_errors  # noqa: E402

Floats = NDArray[np.float32]
Sounds = tuple[NDArray[np.int16], NDArray[np.int16]]
"""An utterance and an anchor."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A row of a table."""

    path: Path
    speaker: str
    text: str

    def audio(self) -> Floats:
        """Float32 [n], in the units of int16."""
        return asyncio.run(read_samples(str(self.path))).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Trial:
    """A recording alone and under somebody else's talk, with an anchor for each; int16."""

    text: str
    alone: NDArray[np.int16]
    anchor: NDArray[np.int16]
    mixed: NDArray[np.int16]
    mixed_anchor: NDArray[np.int16]


def table(path: Path) -> list[Recording]:
    """The recordings of a table."""
    with path.open(encoding="utf8") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Recording(path.parent / r["path"], r["speaker"], r["text"]) for r in rows]


def trials(
    said: Sequence[Recording], others: Sequence[Recording], args: argparse.Namespace
) -> Iterator[Trial]:
    """So many of the recordings, at even distances, each under another's talk."""
    rng, by_speaker = np.random.default_rng(args.seed), defaultdict[str, list[Recording]](list)
    for each in said:
        by_speaker[each.speaker].append(each)
    usable = [each for each in said if len(by_speaker[each.speaker]) > 1]
    for number in np.linspace(0, len(usable) - 1, min(args.count, len(usable))).astype(int):
        one = usable[number]
        rest = [each for each in by_speaker[one.speaker] if each is not one]
        audio, called = one.audio(), only_speech(rest[int(rng.integers(len(rest)))].audio())
        called = called[: round(args.anchor * SAMPLE_RATE)]
        called *= np.float32(loudness(audio) / loudness(called))
        strangers = [each for each in others if each.speaker != one.speaker]
        over = talk(strangers, len(called) + len(audio), rng)
        over *= np.float32(loudness(audio)) * decibels(-args.db)
        yield Trial(
            one.text,
            rounded(audio),
            rounded(called),
            rounded(audio + over[len(called) :]),
            rounded(called + over[: len(called)]),
        )


def talk(strangers: Sequence[Recording], length: int, rng: np.random.Generator) -> Floats:
    """What one of them says without a pause, float32 [length] of the loudness 1."""
    who = strangers[int(rng.integers(len(strangers)))].speaker
    of_them = [each for each in strangers if each.speaker == who]
    return chained(lambda: only_speech(of_them[int(rng.integers(len(of_them)))].audio()), length)[
        :length
    ]


def rounded(audio: Floats) -> NDArray[np.int16]:
    """To int16."""
    return np.clip(np.rint(audio), -32768, 32767).astype(np.int16)


def main() -> None:
    """Read the arguments and print a line for each way of hearing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("list", type=Path, metavar="LIST")
    parser.add_argument("--others", type=Path, metavar="LIST", help="who talks; default: LIST")
    parser.add_argument("--db", type=float, default=5.0, help="how far the other is below")
    parser.add_argument("--anchor", type=float, default=0.7, help="seconds; default: 0.7")
    parser.add_argument("--count", type=int, default=200, help="of recordings; default: 200")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "en-small")
    parser.add_argument("--filter", type=Path, default=VOICE_FILTER, metavar="FOLDER")
    parser.add_argument("--wrong", action="store_true", help="anchors of other people")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    said = table(args.list)
    made = list(trials(said, table(args.others) if args.others else said, args))
    if args.wrong:
        others = [made[-1], *made[:-1]]
        made = [
            replace(each, anchor=other.anchor, mixed_anchor=other.mixed_anchor)
            for each, other in zip(made, others, strict=True)
        ]
    voice_filter = VoiceFilter(args.filter, load_model()[0].embed)
    recogniser = load_recogniser(args.model, beam=8, voice_filter=voice_filter)
    for where in ("with another's talk", "alone"):
        heard = [
            (each.mixed, each.mixed_anchor) if where != "alone" else (each.alone, each.anchor)
            for each in made
        ]
        _tell(recogniser, where, [each.text for each in made], heard)


def _tell(
    recogniser: TransducerRecogniser, where: str, texts: Sequence[str], heard: Sequence[Sounds]
) -> None:
    plain = [recognise(recogniser, samples).text for samples, _ in heard]
    print(f"{where}, as it is: words wrong {word_errors(_pairs(texts, plain))}", flush=True)
    told = [recognise(recogniser, samples, anchor=anchor).text for samples, anchor in heard]
    otherwise = sum(one != other for one, other in zip(plain, told, strict=True))
    wrong = word_errors(_pairs(texts, told))
    print(f"{where}, filtered: words wrong {wrong}; {otherwise} heard otherwise", flush=True)


def _pairs(texts: Sequence[str], heard: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(texts, heard, strict=True))


if __name__ == "__main__":
    main()
