"""Waits until timers are over, whatever happens to the wall clock meanwhile.

What was set for a time of day ends when the wall clock shows it: what is left is looked at again
every minute, so that summer time, a clock put right by the network and a start in 1970 move
nothing. What was set for a length of time counts on a clock that only goes forward; in the book it
has the wall clock's time, which is the only one that outlasts a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from assistant.audio.clock import Clock

from .book import Book, Timer

_LOOK_AGAIN_S = 60.0
_OVER_S = 0.001
_DRIFT_S = 1.0
_MISSED_S = 60.0
"""A timer that should have rung longer ago than this, while Hearth was off, is said to be late."""
_SUMMER_TIME_S = 3600.0
"""A clock that was put forward over the end meanwhile has not made it late."""


class RunningTimers:
    """The timers that run. `over` is called with a timer, and whether its end was missed."""

    def __init__(
        self,
        clock: Clock,
        local_time: Callable[[], datetime],
        book: Book,
        over: Callable[[Timer, bool], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._local_time = local_time
        self._book = book
        self._over = over
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._ends: dict[int, float] = {}
        """Where on the clock that only goes forward a timer ends."""

    def now_s(self) -> float:
        """Seconds since 1970, as the wall clock has it."""
        return self._local_time().timestamp()

    def left_s(self, timer: Timer) -> float:
        """Seconds until it is over; negative when it should have been."""
        if timer.paused_at_s is not None:
            return timer.ends_at_s - timer.paused_at_s
        if timer.moment is not None:
            return (timer.moment - self._local_time().replace(tzinfo=None)).total_seconds()
        if timer.id in self._ends:
            return self._ends[timer.id] - self._clock.now()
        return timer.ends_at_s - self.now_s()

    def synced(self, timer: Timer) -> Timer:
        """The timer with its end as the wall clock has it now."""
        if timer.paused_at_s is not None:
            return timer
        return replace(timer, ends_at_s=self.now_s() + self.left_s(timer))

    def begin(self, timer: Timer) -> None:
        """Wait for a timer that was set or changed just now."""
        self.cancel(timer)
        if timer.paused_at_s is None:
            self._ends[timer.id] = self._clock.now() + timer.ends_at_s - self.now_s()
            self._start(timer)

    def go_on(self, timer: Timer) -> None:
        """Wait for a timer of before a restart."""
        if timer.paused_at_s is None:
            self._start(timer)

    def cancel(self, timer: Timer) -> None:
        """Wait no longer."""
        self._ends.pop(timer.id, None)
        if task := self._tasks.pop(timer.id, None):
            task.cancel()

    async def close(self) -> None:
        """Wait for nothing any more."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, timer: Timer) -> None:
        self._tasks[timer.id] = asyncio.create_task(self._wait(timer))

    async def _wait(self, timer: Timer) -> None:
        missed_s = _MISSED_S
        while (left_s := self.left_s(timer)) > _OVER_S:
            await self._clock.sleep(min(left_s, _LOOK_AGAIN_S))
            timer = self._followed(timer)
            missed_s = _MISSED_S + _SUMMER_TIME_S
        await self._over(timer, left_s < -missed_s)
        self._tasks.pop(timer.id, None)
        self._ends.pop(timer.id, None)

    def _followed(self, timer: Timer) -> Timer:
        """Write the new end if the wall clock was moved, so that a restart finds it right."""
        synced = self.synced(timer)
        if timer.id not in self._ends or abs(synced.ends_at_s - timer.ends_at_s) < _DRIFT_S:
            return timer
        self._book.put(synced)
        return synced
