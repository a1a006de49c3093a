"""Corpora as Opus files, to take them along: `pack` writes them, `unpack` makes corpora again.

A file holds many utterances one behind the other, since headers of a file for each would take more
than the speech. Opus keeps the number of samples, so the index of the corpus stays as it is.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np
import soundfile
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from training.corpus import Corpus, Entry

FILE_S = 300.0
"""About how long a file is: they are decoded side by side."""
LEAST_BITS, MOST_BITS = 9_000, 24_000
"""Bits a second; with fewer, speech suffers more than it does from leaving some out."""
MARGIN = 0.95
"""The part of the room that is planned for: an encoder keeps its rate only on the whole."""
_OPUS_BITS = (6_000, 256_000)


def bits_a_second(seconds: float, limit: int) -> float:
    """The best rate for recordings of so many seconds in `limit` bytes; at least `LEAST_BITS`."""
    fitting = MARGIN * 8 * limit / max(seconds, 1.0)
    return min(MOST_BITS, max(LEAST_BITS, fitting))


def pack(corpora: Mapping[str, Corpus], folder: Path, limit: int, seed: int = 1) -> int:
    """Write corpora by name within `limit` bytes of audio; returns how many utterances stayed out.

    Raises:
        ValueError: the files became larger than that all the same.

    """
    entries = [entry for corpus in corpora.values() for entry in corpus.entries]
    seconds = sum(entry.samples for entry in entries) / SAMPLE_RATE
    bits = bits_a_second(seconds, limit)
    share = min(1.0, MARGIN * 8 * limit / (bits * seconds))
    rng, left_out = random.Random(seed), 0
    folder.mkdir(parents=True, exist_ok=True)
    for name, corpus in corpora.items():
        kept = sorted(rng.sample(range(len(corpus)), max(1, round(share * len(corpus)))))
        left_out += len(corpus) - len(kept)
        _write(corpus, kept, folder / name, bits)
    size = sum(path.stat().st_size for path in folder.glob("*.ogg"))
    if size > limit:
        raise ValueError(f"the recordings take {size} bytes, more than {limit}: allow more")
    return left_out


def _write(corpus: Corpus, kept: list[int], stem: Path, bits: float) -> None:
    """The index, and files `STEM-000.ogg` and so on."""
    index, parts, offset, began = [], [0], 0, 0
    for row, number in enumerate(kept):
        entry = corpus.entries[number]
        index.append(json.dumps(asdict(replace(entry, offset=offset))))
        offset += entry.samples
        if offset - began > FILE_S * SAMPLE_RATE or row == len(kept) - 1:
            parts.append(row + 1)
            began = offset
    stem.with_suffix(".jsonl").write_text("\n".join(index) + "\n", "utf8")
    for part, (begin, end) in enumerate(pairwise(parts)):
        samples = np.concatenate([corpus.audio(number) for number in kept[begin:end]])
        write(stem.with_name(f"{stem.name}-{part:03}.ogg"), samples, bits)


def write(file: Path | IO[bytes], samples: NDArray[np.int16], bits: float) -> None:
    """Write speech int16 [n] to an Opus file, at about so many bits a second."""
    least, most = _OPUS_BITS
    level = 1 - (bits - least) / (most - least)
    soundfile.write(
        file, samples, SAMPLE_RATE, format="OGG", subtype="OPUS", compression_level=level
    )


def unpack(folder: Path, out: Path, threads: int = 16) -> list[str]:
    """Decode what `pack` wrote in `folder` to corpora in `out`; returns their names.

    Raises:
        ValueError: files are missing.

    """
    names = sorted(path.stem for path in folder.glob("*.jsonl"))
    with ThreadPoolExecutor(threads) as pool:
        for name in names:
            _decode(folder, name, out / name, pool)
    return names


def _decode(folder: Path, name: str, out: Path, pool: ThreadPoolExecutor) -> None:
    index = (folder / f"{name}.jsonl").read_text("utf8")
    expected = sum(Entry(**json.loads(line)).samples for line in index.splitlines())
    files = sorted(folder.glob(f"{name}-*.ogg"))
    bounds = np.cumsum([0, *(soundfile.info(file).frames for file in files)])
    if bounds[-1] != expected:
        raise ValueError(f"{name} has {bounds[-1]} samples, not {expected}: the pack is not whole")
    out.mkdir(parents=True, exist_ok=True)
    audio = np.memmap(out / "audio.pcm", np.int16, "w+", shape=(expected,))

    def read(file: Path, place: NDArray[np.int16]) -> None:
        place[:] = soundfile.read(file, dtype="int16")[0]

    places = [audio[begin:end] for begin, end in pairwise(bounds)]
    list(pool.map(read, files, places))
    audio.flush()
    (out / "index.jsonl").write_text(index, "utf8")
