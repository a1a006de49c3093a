"""The wall clock, for what must wait on it; tests pass one that they advance themselves."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """A clock that only goes forward, and can be waited for."""

    def now(self) -> float:
        """Seconds since some moment in the past."""

    async def sleep(self, duration_s: float) -> None:
        """Wait until `duration_s` have passed."""


class MonotonicClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since the machine started."""
        return time.monotonic()

    async def sleep(self, duration_s: float) -> None:
        """Wait without blocking the event loop."""
        await asyncio.sleep(duration_s)
