"""The timers there are, kept in a file so that they survive a restart."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from assistant.config.whole_file import write_whole

_LOG = logging.getLogger(__name__)


class TimerKind(StrEnum):
    """What happens when it is over."""

    TIMER = "timer"
    ALARM = "alarm"
    REMINDER = "reminder"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer, an alarm, a reminder, or a command for later.

    `ends_at_s` is in seconds since 1970, so that it holds across a restart.
    """

    id: int
    """Counts up: a lower one was set earlier."""
    name: str
    length_s: float
    ends_at_s: float
    paused_at_s: float | None = None
    is_alarm: bool = False
    command: str = ""
    """What is carried out at its end, in place of ringing."""
    at: str = ""
    """Date and time of the wall clock at which it ends, where it was set for one."""
    reminder: str = ""
    sure: bool = False
    """Whether the command may open what is locked, because the user said yes to it."""

    @property
    def kind(self) -> TimerKind:
        """What it is."""
        if self.command:
            return TimerKind.COMMAND
        if self.reminder:
            return TimerKind.REMINDER
        return TimerKind.ALARM if self.is_alarm else TimerKind.TIMER

    @property
    def moment(self) -> datetime | None:
        """The wall clock's time at which it ends, where it was set for one."""
        return datetime.fromisoformat(self.at) if self.at else None

    def moved(self, by_s: float) -> Timer:
        """The same timer, ringing later (or earlier)."""
        at = (self.moment + timedelta(seconds=by_s)).isoformat() if self.moment else ""
        length_s, ends_at_s = self.length_s + by_s, self.ends_at_s + by_s
        return replace(self, length_s=length_s, ends_at_s=ends_at_s, at=at)

    def paused(self, now_s: float) -> Timer:
        """The same timer, standing still."""
        return self if self.paused_at_s is not None else replace(self, paused_at_s=now_s)

    def resumed(self, now_s: float) -> Timer:
        """The same timer, running on."""
        if self.paused_at_s is None:
            return self
        left_s = self.ends_at_s - self.paused_at_s
        return replace(self, ends_at_s=now_s + left_s, paused_at_s=None, at="")


class Book:
    """All timers by id; every change is written to `file` at once, if there is one."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._timers: dict[int, Timer] = {timer.id: timer for timer in _read(file)}
        self._next_id = max(self._timers, default=0) + 1

    def __iter__(self) -> Iterator[Timer]:
        return iter(sorted(self._timers.values(), key=lambda timer: timer.ends_at_s))

    def __len__(self) -> int:
        return len(self._timers)

    def __contains__(self, timer_id: int) -> bool:
        return timer_id in self._timers

    def __getitem__(self, timer_id: int) -> Timer:
        return self._timers[timer_id]

    def add(self, timer: Timer) -> Timer:
        """A new timer; it is given its id."""
        timer = replace(timer, id=self._next_id)
        self._next_id += 1
        self.put(timer)
        return timer

    def put(self, timer: Timer) -> None:
        """Write a timer, new or changed."""
        self._timers[timer.id] = timer
        self._write()

    def remove(self, timer: Timer) -> None:
        """Forget a timer."""
        self._timers.pop(timer.id, None)
        self._write()

    def _write(self) -> None:
        if self._file is None:
            return
        text = json.dumps([asdict(timer) for timer in self], indent=1)
        try:
            write_whole(self._file, text)
        except OSError as error:
            _LOG.warning("timers will not survive a restart: %s: %s", self._file, error.strerror)


def _read(file: Path | None) -> list[Timer]:
    if file is None or not file.exists():
        return []
    try:
        return [Timer(**item) for item in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        _LOG.warning("%s cannot be read, so its timers are lost: %s", file, error)
        return []
