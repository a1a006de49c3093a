"""Make the training and measuring corpora: `python -m training.prepare --data FOLDER ...`."""

from __future__ import annotations

import argparse
import csv
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from training import corpus, synthesis, tasks, text

UNKNOWN = "unknown"
"""What stands in a table for a speaker whom nobody knows."""


Recording = tuple[str, str, NDArray[np.int16]]
"""Text, speaker, samples."""


def read_recordings(table: Path) -> Iterator[Recording]:
    """Utterances of a table with the columns path, speaker and text; paths relative to it.

    Where nobody knows who speaks, all recordings of a sentence are put down to one speaker, so
    that a sentence held apart for watching a run is not trained on in another recording.
    """
    with table.open(encoding="utf8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            audio, rate = soundfile.read(
                table.parent / row["path"], dtype="float32", always_2d=True
            )
            samples = soxr.resample(audio.mean(1), rate, SAMPLE_RATE)
            words = text.normalise(row["text"])
            speaker = words if row["speaker"] == UNKNOWN else row["speaker"]
            yield words, speaker, np.asarray(samples.clip(-1, 1) * 32767, np.int16)


@dataclass(frozen=True, slots=True)
class Sources:
    """Sentences and words to draw from, all normalised."""

    requests: list[str]
    prose: list[str]
    words: list[str]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Sentences that no training hears, all normalised."""

    developing: set[str]
    home: list[str]
    measured: set[str]

    @property
    def all(self) -> set[str]:
        """All of them."""
        return self.developing | set(self.home) | self.measured


KINDS = {"command": 0.12, "request": 0.30, "prose": 0.36, "phrase": 0.06, "salad": 0.16}
"""The mix of a training corpus."""


def sentences(sources: Sources, count: int, seed: int, *, held_out: set[str]) -> list[str]:
    """`count` sentences in the proportions of `KINDS`, none of them held out."""
    rng = random.Random(seed)
    commands = text.Commands(seed)
    salad = text.word_salad(sources.words, seed)
    draw: dict[str, Callable[[], str]] = {
        "command": lambda: commands.draw("command"),
        "request": lambda: rng.choice(sources.requests),
        "prose": lambda: rng.choice(sources.prose or sources.requests),
        "phrase": lambda: commands.draw("phrase"),
        "salad": lambda: next(salad),
    }
    result: list[str] = []
    while len(result) < count:
        kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
        line = text.normalise(draw[kind]())
        if line and line not in held_out and not text.COFFEE.search(line):
            result.append(line)
    return result


def development_speakers(recordings: list[Recording]) -> set[str]:
    """One speaker in sixteen, to watch a run with voices that it does not train on.

    A table of fewer speakers is trained on whole.
    """
    speakers = sorted({speaker for _, speaker, _ in recordings})
    return set(speakers[::16]) if len(speakers) >= 16 else set()


Voices = tuple[tuple[synthesis.Voice, float], ...]


Job = tuple[Path, list[str], Voices, bool, int]
"""Folder, sentences, voices, whether they vary, seed."""


def _make(job: Job) -> str:
    folder, lines, voices, vary, seed = job
    spoken = synthesis.synthesise(lines, voices, seed, vary=vary)
    return f"{folder.name}: {_written(folder, spoken)} utterances"


def _measuring_jobs(data: Path, held_out: HeldOut, voices: Voices, others: Voices) -> list[Job]:
    """What is only listened to: `others` are voices that no training hears."""
    measured = sorted(held_out.measured - {""})
    jobs: list[Job] = [
        (data / "dev_general", sorted(held_out.developing)[:200], voices, True, 1),
        (data / "heldout_home", held_out.home, others, False, 2),
    ]
    if measured:
        lines = random.Random(3).sample(measured, 200)
        jobs.append((data / "heldout_slurp", lines, others, False, 3))
    return jobs


def _written(folder: Path, recordings: Iterable[Recording]) -> int:
    """A new corpus: running this twice must not double it."""
    shutil.rmtree(folder, ignore_errors=True)
    return corpus.write(folder, recordings)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="general requests")
    parser.add_argument("--wordnet", type=Path, help="WordNet's folder, for examples of use")
    parser.add_argument("--prose", type=Path, nargs="*", default=[], help="sentences of any kind")
    parser.add_argument("--words", type=Path, help="a list of words, one a line")
    parser.add_argument("--recordings", type=Path, nargs="*", default=[], help="tables of speech")
    parser.add_argument("--noise", type=Path, help="table of noises, as of recordings")
    parser.add_argument("--measure", type=Path, help="sentences that are only measured with")
    parser.add_argument("--data", type=Path, required=True, help="where corpora are written")
    parser.add_argument("--shards", type=int, default=8, help="synthetic parts; 0 for none")
    parser.add_argument("--shard-size", type=int, default=3000)
    parser.add_argument(
        "--first-shard",
        type=int,
        default=0,
        help="number of the first; beyond 0 only new sentences are made, and no measuring sets",
    )
    parser.add_argument("--kokoro", type=Path, help="folder of Kokoro, which then speaks it all")
    tasks.Workers.add_arguments(parser)
    args = parser.parse_args(arguments)
    workers = tasks.Workers.of(args)
    args.data = args.data.resolve()
    args.kokoro = args.kokoro and args.kokoro.resolve()

    voices, others = synthesis.TRAINING_VOICES, synthesis.HELD_OUT_VOICES
    if args.kokoro:
        voices, others = (synthesis.kokoro_voices(args.kokoro, held_out=h) for h in (False, True))
    heard = (*voices, *(others if args.first_shard == 0 else ())) if args.shards else ()
    if lacking := synthesis.missing(voice for voice, _ in heard):
        parser.error(f"{', '.join(lacking)} not found: docs/training.md says what to install")
    for number, table in enumerate(args.recordings):
        recordings = list(read_recordings(table))
        developing = development_speakers(recordings) if args.shards else set()
        for name, kept in (("real", False), ("dev_real", True)):
            part = [row for row in recordings if (row[1] in developing) == kept]
            if part:
                print(name, _written(args.data / f"{name}{number}", part))
    if args.noise:
        print("noise", _written(args.data / "noise", read_recordings(args.noise)))
    if args.shards == 0:
        return
    sources, held_out = _sentences_of(args)
    jobs: list[Job] = []
    if args.first_shard == 0:
        jobs += _measuring_jobs(args.data, held_out, voices, others)
    never_heard = held_out.all
    for shard in range(args.first_shard, args.first_shard + args.shards):
        lines = sentences(sources, args.shard_size, 100 + shard, held_out=never_heard)
        jobs.append((args.data / f"tts{shard}", lines, voices, True, 200 + shard))
    tasks.run(_make, jobs, workers, partial(print, flush=True))


def _sentences_of(args: argparse.Namespace) -> tuple[Sources, HeldOut]:
    """What the texts give to train on and to measure with."""
    measured = text.normalised_lines(args.measure) if args.measure else set()
    general = [line for line in text.requests(args.texts) if line not in measured]
    developing = set(general[::60])
    general = [line for line in general if line not in developing]
    home = text.Commands(7)
    home_test = sorted({text.normalise(home.draw("command")) for _ in range(200)})
    words = {word for line in general for word in line.split()}
    if args.words:
        words |= {text.normalise(word) for word in args.words.read_text("utf8").splitlines()}
    prose = set(text.wordnet_examples(args.wordnet) if args.wordnet else [])
    prose.update(text.requests(args.prose))
    sources = Sources(
        general, sorted(prose), sorted(word for word in words if word and " " not in word)
    )
    return sources, HeldOut(developing, home_test, measured)


if __name__ == "__main__":
    # Under its name, by which other processes find its tasks.
    import_module("training.prepare").main()
