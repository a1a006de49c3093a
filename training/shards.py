"""Make tar shards of a corpus, in WebDataset's form: `python -m training.shards CORPUS OUT`.

A shard holds two files an utterance, one behind the other: KEY.flac or KEY.ogg (Opus), and KEY.json
with its text, voice and length in samples. So a thousand hours are a thousand files, which can be
copied, and read from the first byte to the last. `training.tar_corpus` reads them.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from training import opus, tasks
from training.tar_corpus import open_corpus

ENCODINGS: Final = ("flac", "ogg")


@dataclass(frozen=True, slots=True)
class Part:
    """Utterances `first` to before `last` of a corpus, which become one shard."""

    source: Path
    shard: Path
    first: int
    last: int
    encoding: str


def write_shard(part: Part) -> str:
    """Write one shard; returns a line that says so."""
    corpus = open_corpus(part.source)
    unfinished = part.shard.with_suffix(".part")
    with tarfile.open(unfinished, "w", format=tarfile.USTAR_FORMAT) as tar:
        for number in range(part.first, part.last):
            entry = corpus.entries[number]
            known = {"text": entry.text, "voice": entry.voice, "samples": entry.samples}
            _add(tar, f"{number:09}.{part.encoding}", _encoded(corpus.audio(number), part.encoding))
            _add(tar, f"{number:09}.json", json.dumps(known).encode())
    unfinished.rename(part.shard)
    mib = part.shard.stat().st_size / 2**20
    return f"{part.shard.name}: {part.last - part.first} utterances, {mib:.1f} MiB"


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _encoded(samples: NDArray[np.int16], encoding: str) -> bytes:
    file = io.BytesIO()
    if encoding == "flac":
        soundfile.write(file, samples, SAMPLE_RATE, format="FLAC")
    else:
        opus.write(file, samples, opus.MOST_BITS)
    return file.getvalue()


def parts_of(source: Path, out: Path, shard_s: float, encoding: str) -> list[Part]:
    """A corpus in shards of so many seconds of speech at most, but of one utterance at least."""
    firsts, length = [0], 0
    entries = open_corpus(source).entries
    for number, entry in enumerate(entries):
        if number > firsts[-1] and length + entry.samples > shard_s * SAMPLE_RATE:
            firsts.append(number)
            length = 0
        length += entry.samples
    lasts = [*firsts[1:], len(entries)]
    return [
        Part(source, out / f"{number:06}.tar", first, last, encoding)
        for number, (first, last) in enumerate(zip(firsts, lasts, strict=True))
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path, help="the folder of shards; an old one is replaced")
    parser.add_argument("--shard-minutes", type=float, default=60.0, help="of speech, at most")
    parser.add_argument("--encoding", choices=ENCODINGS, default="flac", help="ogg is Opus")
    tasks.Workers.add_arguments(parser)
    args = parser.parse_args(arguments)
    workers = tasks.Workers.of(args)
    source, out = args.corpus.resolve(), args.out.resolve()
    if source == out:
        parser.error("CORPUS and OUT are the same folder")
    parts = parts_of(source, out, 60.0 * args.shard_minutes, args.encoding)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    tasks.run(write_shard, parts, workers, partial(print, flush=True))


if __name__ == "__main__":
    # Under its name, by which other processes find its tasks.
    import_module("training.shards").main()
