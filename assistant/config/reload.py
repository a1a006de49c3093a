"""What is read from files, and read again when they change."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class FileReloader(Generic[T]):
    """A value out of files, read again by who asks for it after they have changed.

    `version` is cheap and differs once the files do (see `version_of`). `read` is given the value
    there was before, `None` at first, and gives the one to have from now on; what it raises is
    raised once, and what there was before stays. Threads may ask at the same time: one reads, the
    others have what was before.
    """

    def __init__(self, version: Callable[[], object], read: Callable[[T | None], T]) -> None:
        self._version = version
        self._read = read
        self._seen = version()
        self._value = read(None)
        self._reading = threading.Lock()

    def get(self) -> T:
        """The value; asks the file system whether it is still that, so not in an event loop."""
        if self._reading.acquire(blocking=False):
            try:
                # Before it is read: what changes meanwhile is seen the next time.
                version = self._version()
                if version != self._seen:
                    self._seen = version
                    self._value = self._read(self._value)
            finally:
                self._reading.release()
        return self._value


def version_of(file: Path) -> tuple[int, ...]:
    """What changes with a file; nothing while it is not there."""
    try:
        found = os.stat(file)  # noqa: PTH116 - `Path.stat` costs twice as much, many times a second
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino
