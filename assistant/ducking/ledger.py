"""What was turned down, in a file, so that a crash leaves nothing quiet for good."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.config.whole_file import write_whole

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lowered:
    """One thing that was turned down."""

    mixer: str
    id: str
    before: float
    """Its volume then."""
    to: float
    """The volume that it was given."""


class Ledger:
    """Remembers what was turned down. `file`: where; `None`: only in memory.

    It is written before a volume is changed. A disk that takes nothing is a line in the log.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lowered: dict[tuple[str, str], Lowered] = {}
        for each in self._read():
            self._lowered[each.mixer, each.id] = each

    def __iter__(self) -> Iterator[Lowered]:
        return iter(list(self._lowered.values()))

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._lowered

    def add(self, lowered: list[Lowered]) -> None:
        """These are turned down next."""
        self._lowered |= {(each.mixer, each.id): each for each in lowered}
        self._write()

    def remove(self, lowered: list[Lowered]) -> None:
        """These are as they should be."""
        for each in lowered:
            self._lowered.pop((each.mixer, each.id), None)
        self._write()

    def _read(self) -> list[Lowered]:
        if self._file is None:
            return []
        try:
            return [Lowered(**each) for each in json.loads(self._file.read_text("utf-8"))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            _LOG.warning("%s cannot be read, and is begun anew: %s", self._file, error)
            return []

    def _write(self) -> None:
        if self._file is None:
            return
        try:
            write_whole(self._file, json.dumps([asdict(each) for each in self]))
        except OSError as error:
            _LOG.warning("%s cannot be written: %s", self._file, error)
