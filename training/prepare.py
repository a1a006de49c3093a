"""Make the training and measuring corpora: `python -m training.prepare RECIPE --data FOLDER`."""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from training import corpus, synthesis, text

SAMPLE_RATE = 16_000


def read_recordings(table: Path) -> Iterator[tuple[str, str, NDArray[np.int16]]]:
    """Utterances of a table with the columns path, speaker and text; paths relative to it."""
    with table.open(encoding="utf8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            audio, rate = soundfile.read(
                table.parent / row["path"], dtype="float32", always_2d=True
            )
            samples = soxr.resample(audio.mean(1), rate, SAMPLE_RATE)
            words = text.normalise(row["text"])
            yield words, row["speaker"], np.asarray(samples.clip(-1, 1) * 32767, np.int16)


def sentences(general: list[str], count: int, seed: int, *, held_out: set[str]) -> list[str]:
    """A mix of 40 % home commands, 40 % general requests, 12 % phrases, 8 % random words."""
    rng = random.Random(seed)
    commands = text.Commands(seed)
    vocabulary = sorted({word for line in general for word in line.split()})
    salad = text.word_salad(vocabulary, seed)
    result: list[str] = []
    while len(result) < count:
        draw = rng.random()
        if draw < 0.4:
            line = commands.draw("command")
        elif draw < 0.8:
            line = rng.choice(general)
        else:
            line = commands.draw("phrase") if draw < 0.92 else next(salad)
        line = text.normalise(line)
        if line and line not in held_out and not text.COFFEE.search(line):
            result.append(line)
    return result


def _make(job: tuple[Path, list[str], bool, int]) -> str:
    folder, lines, held_out, seed = job
    voices = synthesis.HELD_OUT_VOICES if held_out else synthesis.TRAINING_VOICES
    count = corpus.write(folder, synthesis.synthesise(lines, voices, seed, vary=not held_out))
    return f"{folder.name}: {count} utterances"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="general requests")
    parser.add_argument("--recordings", type=Path, nargs="*", default=[], help="tables of speech")
    parser.add_argument("--noise", type=Path, help="table of noises, as of recordings")
    parser.add_argument("--measure", type=Path, help="sentences that are only measured with")
    parser.add_argument("--data", type=Path, required=True, help="where corpora are written")
    parser.add_argument("--shards", type=int, default=8, help="synthetic parts; 0 for none")
    parser.add_argument("--shard-size", type=int, default=3000)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()

    for number, table in enumerate(args.recordings):
        print("real", corpus.write(args.data / f"real{number}", read_recordings(table)))
    if args.noise:
        print("noise", corpus.write(args.data / "noise", read_recordings(args.noise)))
    if args.shards == 0:
        return
    general = text.requests(args.texts)
    dev_general = set(general[::60])
    general = [line for line in general if line not in dev_general]
    home = text.Commands(7)
    home_test = sorted({text.normalise(home.draw("command")) for _ in range(200)})
    held_out = dev_general | set(home_test)
    jobs = [
        (args.data / "dev_general", sorted(dev_general)[:200], False, 1),
        (args.data / "heldout_home", home_test, True, 2),
    ]
    if args.measure:
        lines = [text.normalise(line) for line in args.measure.read_text("utf8").splitlines()]
        lines = random.Random(3).sample(sorted(line for line in lines if line), 200)
        jobs.append((args.data / "heldout_slurp", lines, True, 3))
    for shard in range(args.shards):
        lines = sentences(general, args.shard_size, 100 + shard, held_out=held_out)
        jobs.append((args.data / f"tts{shard}", lines, False, 200 + shard))
    with ProcessPoolExecutor(args.processes) as pool:
        for line in pool.map(_make, jobs):
            print(line, flush=True)


if __name__ == "__main__":
    main()
