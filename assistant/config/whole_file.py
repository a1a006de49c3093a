"""Writes a file of the state folder whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_OWNER_ONLY: Final = 0o600


def written_beside(path: Path) -> Path:
    """Where a file is written before it is moved into its place."""
    return path.with_suffix(".new")


def write_whole(path: Path, text: str, *, synced: bool = False) -> None:
    """Write beside the file and move it: a power cut leaves the old file or the new one.

    Only its owner can read it; its folder is made if it is missing. `synced` waits until the disk
    has the text. Raises `OSError`, and leaves nothing half written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = written_beside(path)
    beside.unlink(missing_ok=True)
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
