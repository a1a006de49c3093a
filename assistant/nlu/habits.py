"""The habits of a home: learned from what is carried out, asked when sentences are ranked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from assistant.nlu.habit_counts import Counts, Habit
from assistant.nlu.habit_file import HabitFile


class Habits:
    """What this home asks for; without a `file` it is any home's, and nothing is learned.

    `now_s`: seconds since 1970. May be used from several threads.
    """

    def __init__(
        self, file: HabitFile | None = None, now_s: Callable[[], float] = time.time
    ) -> None:
        self._file = file
        self._now_s = now_s
        self._one_at_a_time = threading.Lock()
        self._counts = file.read() if file else Counts()

    @property
    def counts(self) -> Counts:
        """What was asked for, as it counts now."""
        with self._one_at_a_time:
            return self._known()

    def prior(self, habit: Habit) -> float:
        """How much likelier (natural log) a command is than a usual one, within bounds."""
        return self.counts.prior(habit)

    def note(self, habit: Habit) -> None:
        """Count a command that was carried out."""
        with self._one_at_a_time:
            if self._file is not None:
                self._counts = self._known().and_one(habit)
                self._file.write(self._counts)

    def _known(self) -> Counts:
        """The counts as they are now; none if somebody has deleted the file."""
        if self._file is None or not self._file.is_there():
            self._counts = Counts()
        return self._counts.at(self._now_s())
