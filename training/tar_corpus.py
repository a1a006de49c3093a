"""Tar shards in WebDataset's form, read as a corpus; `training.shards` makes them.

An utterance is a few files of a shard, one behind the other: its recording, KEY.flac for example,
and its text, KEY.txt or the `text` in KEY.json. Others' shards are read as well, if recordings are
16 kHz mono and texts as `training.text` normalises them.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from training.corpus import Corpus, Entry

AUDIO: Final = ("flac", "ogg", "opus", "wav", "mp3")
"""The endings of recordings."""
_NAME: Final = re.compile(r"(?P<key>(?:.*/)?[^./]+)\.(?P<ending>[^/]+)")
"""WebDataset's: the key ends at the first dot of the file's own name."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file within a shard: `size` bytes from `start` on."""

    shard: Path
    name: str
    start: int
    size: int

    def read(self) -> bytes:
        """What it holds."""
        with self.shard.open("rb") as file:
            file.seek(self.start)
            return file.read(self.size)


class TarCorpus(Corpus):
    """A folder of shards, read as a corpus: audio stays there until it is asked for.

    Raises:
        ValueError: an utterance lacks its recording or its text.

    """

    def __init__(self, folder: Path) -> None:
        self.entries, self._recordings = [], []
        offset = 0
        for shard in sorted(folder.glob("*.tar")):
            for recording, known in _utterances(shard):
                samples = known.get("samples") or _length(recording)
                self._recordings.append(recording)
                voice = known.get("voice", known["text"])
                self.entries.append(Entry(offset, samples, known["text"], voice))
                offset += samples

    def audio(self, index: int) -> NDArray[np.int16]:
        """Samples of utterance `index`, int16 [n]."""
        recording = self._recordings[index]
        samples, rate = soundfile.read(io.BytesIO(recording.read()), dtype="int16")
        if rate != SAMPLE_RATE or samples.shape != (self.entries[index].samples,):
            raise ValueError(
                f"{recording.name} in {recording.shard} has {rate} Hz and samples"
                f" {samples.shape}, not {SAMPLE_RATE} Hz and ({self.entries[index].samples},)"
            )
        return np.asarray(samples, np.int16)


def open_corpus(folder: Path) -> Corpus:
    """A corpus for reading, be it flat files or shards."""
    return TarCorpus(folder) if any(folder.glob("*.tar")) else Corpus(folder)


def _members(shard: Path) -> Iterator[Member]:
    with tarfile.open(shard, "r:") as tar:
        for member in tar:
            if member.isfile():
                yield Member(shard, member.name, member.offset_data, member.size)


def _utterances(shard: Path) -> Iterator[tuple[Member, dict[str, Any]]]:
    """Recordings, and what is known of each; neighbours of the same key belong together."""
    named = ((_NAME.fullmatch(member.name), member) for member in _members(shard))
    parts = ((match["key"], match["ending"], member) for match, member in named if match)
    for key, group in groupby(parts, lambda part: part[0]):
        files = {ending: member for _, ending, member in group}
        recording = next((files[ending] for ending in AUDIO if ending in files), None)
        known = json.loads(files["json"].read()) if "json" in files else {}
        if "txt" in files:
            known["text"] = files["txt"].read().decode("utf8").strip()
        if recording is None or "text" not in known:
            lacking = "text" if recording else f"recording ({', '.join(AUDIO)})"
            raise ValueError(f"{key} in {shard} has no {lacking}")
        yield recording, known


def _length(recording: Member) -> int:
    return int(soundfile.info(io.BytesIO(recording.read())).frames)
