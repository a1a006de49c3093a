"""What a recogniser hears in many utterances, in two flat files.

A folder has `heard.f16`, a row of numbers for each step of all utterances one after another, and
`index.jsonl`: how wide a row is, then a line an utterance, with its place and what is known of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from assistant.asr.networks.network import Floats

HEARD: Final = "heard.f16"
INDEX: Final = "index.jsonl"


class HeardRows:
    """A folder opened for reading; what was heard stays on disk until it is asked for."""

    def __init__(self, folder: Path) -> None:
        lines = (folder / INDEX).read_text("utf8").splitlines()
        first, *self.entries = (json.loads(line) for line in lines)
        self.width = int(first["width"])
        self._heard = np.memmap(folder / HEARD, np.float16, mode="r").reshape(-1, self.width)

    def __getitem__(self, rows: slice) -> NDArray[np.float16]:
        """Some rows, float16 [rows, width]."""
        return self._heard[rows]


def padded(heard: Sequence[NDArray[np.float16]]) -> tuple[Tensor, Tensor]:
    """Rows of some utterances as float32 [B, T, width], padded with zeros; how many each has."""
    rows = torch.tensor([len(each) for each in heard])
    together = np.zeros((len(heard), int(rows.max()), heard[0].shape[1]), np.float32)
    for row, each in enumerate(heard):
        together[row, : len(each)] = each
    return torch.from_numpy(together), rows


def write(
    folder: Path, utterances: Iterable[tuple[Floats | NDArray[np.float16], Mapping[str, Any]]]
) -> int:
    """Write what was heard, [rows, width], and what is known of it; returns how many utterances.

    `offset` and `rows` are added to each entry. The folder must not be there yet.
    """
    folder.mkdir(parents=True)
    offset = count = 0
    with (folder / HEARD).open("wb") as file, (folder / INDEX).open("w", encoding="utf8") as index:
        for heard, known in utterances:
            if not count:
                index.write(json.dumps({"width": heard.shape[1]}) + "\n")
            file.write(heard.astype(np.float16).tobytes())
            index.write(json.dumps({"offset": offset, "rows": len(heard), **known}) + "\n")
            offset, count = offset + len(heard), count + 1
    return count


def join(parts: Iterable[Path], folder: Path) -> int:
    """Write what was heard in several folders to one, as `write` does; parts may be empty."""
    return write(folder, (each for part in parts for each in _heard_in(part)))


def _heard_in(folder: Path) -> Iterator[tuple[NDArray[np.float16], Mapping[str, Any]]]:
    if not (folder / INDEX).stat().st_size:
        return
    heard = HeardRows(folder)
    for entry in heard.entries:
        offset, rows = entry.pop("offset"), entry.pop("rows")
        yield heard[offset : offset + rows], entry
