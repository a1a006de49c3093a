"""Recordings that a recogniser hears in parts, each a task; what was heard is joined in order.

How recordings are augmented depends on those before, so all are made first, one after another, and
lie in files beside the result until they have been heard. Making them takes little of the time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from assistant.asr.networks.network import Floats
from training import heard_rows, tasks

PART = 100
"""Recordings that a process hears at a time."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of texts with their audio, and the folder of `heard_rows` that is made of them."""

    file: Path
    heard: Path

    def spoken(self) -> Iterator[tuple[str, Floats]]:
        """Texts with their audio, float32 [n]."""
        with np.load(self.file) as saved:
            for number, text in enumerate(saved["texts"].tolist()):
                yield text, saved[f"audio{number}"]


def hear(
    task: Callable[[Part], object],
    spoken: Iterable[tuple[str, Floats]],
    out: Path,
    workers: tasks.Workers,
) -> int:
    """Let `task` hear texts with their audio [n]; returns how many entries the folder `out` has.

    Raises:
        FileExistsError: the folder is there already.

    """
    if out.exists():
        raise FileExistsError(f"{out} is there already")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{out.name}-parts-", dir=out.parent) as folder:
        parts = list(_parts(spoken, Path(folder).resolve()))
        tasks.run(task, parts, workers)
        return heard_rows.join([part.heard for part in parts], out)


def _parts(spoken: Iterable[tuple[str, Floats]], folder: Path) -> Iterator[Part]:
    rest = iter(spoken)
    while some := list(islice(rest, PART)):
        name = f"{len(list(folder.iterdir())):06}"
        audio: dict[str, Any] = {
            f"audio{number}": samples for number, (_, samples) in enumerate(some)
        }
        part = Part(folder / f"{name}.npz", folder / name)
        np.savez(part.file, texts=np.array([text for text, _ in some]), **audio)
        yield part
