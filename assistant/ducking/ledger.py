"""What was turned down, in a file, so that a crash leaves nothing quiet for good."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
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
    """Remembers what was turned down, and who still wants it so: rooms may share a player.

    `file`: where; `None`: only in memory. It is written before a volume is changed. A disk that
    takes nothing is a line in the log.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lowered: dict[tuple[str, str], Lowered] = {}
        self._holders: defaultdict[tuple[str, str], set[object]] = defaultdict(set)
        for each in self._read():
            self._lowered[each.mixer, each.id] = each

    def __iter__(self) -> Iterator[Lowered]:
        return iter(list(self._lowered.values()))

    def get(self, mixer: str, id_: str) -> Lowered | None:
        """What is known of a thing that was turned down."""
        return self._lowered.get((mixer, id_))

    def add(self, lowered: Iterable[Lowered]) -> None:
        """These are turned down next, or came to rest there."""
        self._lowered |= {(each.mixer, each.id): each for each in lowered}
        self._write()

    def remove(self, lowered: Lowered) -> None:
        """It is as it should be."""
        self._lowered.pop((lowered.mixer, lowered.id), None)
        self._holders.pop((lowered.mixer, lowered.id), None)
        self._write()

    def hold(self, key: tuple[str, str], holder: object) -> None:
        """Somebody wants it turned down."""
        self._holders[key].add(holder)

    def let_go(self, holder: object) -> list[Lowered]:
        """What nobody wants turned down any more, when this one does not."""
        for holders in self._holders.values():
            holders.discard(holder)
        return [each for each in self if not self._holders.get((each.mixer, each.id))]

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
