"""Recordings with their texts in two flat files, which a training loop can map into memory.

A corpus is a folder with `audio.pcm`, 16 kHz mono int16 of all utterances one after another, and
`index.jsonl`, one line an utterance: offset and length in samples, text, voice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Entry:
    """One utterance; `offset` and `samples` count samples."""

    offset: int
    samples: int
    text: str
    voice: str


class Corpus:
    """A corpus opened for reading; audio stays on disk until it is asked for."""

    def __init__(self, folder: Path) -> None:
        lines = (folder / "index.jsonl").read_text("utf8").splitlines()
        self.entries = [Entry(**json.loads(line)) for line in lines]
        self._audio = np.memmap(folder / "audio.pcm", dtype=np.int16, mode="r")

    def __len__(self) -> int:
        return len(self.entries)

    def audio(self, index: int) -> NDArray[np.int16]:
        """Samples of utterance `index`, int16 [n]."""
        entry = self.entries[index]
        return self._audio[entry.offset : entry.offset + entry.samples]


def write(folder: Path, utterances: Iterable[tuple[str, str, NDArray[np.int16]]]) -> int:
    """Append (text, voice, samples) to the corpus in `folder`; returns how many were added.

    The index line is written after its audio, so a run that was cut off leaves at most audio
    that no line points to, and the next run goes on behind it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (folder / "audio.pcm").open("ab") as audio, (folder / "index.jsonl").open("a") as index:
        for text, voice, samples in utterances:
            offset = audio.tell() // 2
            audio.write(samples.astype("<i2").tobytes())
            audio.flush()
            index.write(json.dumps(asdict(Entry(offset, len(samples), text, voice))) + "\n")
            index.flush()
            count += 1
    return count
