"""The wall clock, for what must wait on it; tests pass one that they advance themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """A clock that only goes forward, and can be waited for."""

    def now(self) -> float:
        """Seconds since some moment in the past."""

    async def sleep(self, duration_s: float) -> None:
        """Wait until `duration_s` have passed."""


class HeardTime:
    """Seconds of audio heard, where a stream tells; without one, of the machine's own clock.

    What was said before counts for so much audio, so a recording replayed fast behaves as live.
    """

    def __init__(self) -> None:
        self._heard_s: Callable[[], float] = time.monotonic

    def follow(self, heard_s: Callable[[], float]) -> None:
        """From now on it is the time of this stream."""
        self._heard_s = heard_s

    def now(self) -> float:
        """Seconds since some moment in the past."""
        return self._heard_s()


class MonotonicClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since the machine started."""
        return time.monotonic()

    async def sleep(self, duration_s: float) -> None:
        """Wait without blocking the event loop."""
        await asyncio.sleep(duration_s)
