"""How long the event loop was held up, callback by callback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Longest:
    """The longest that one callback held the loop, in milliseconds."""

    wall_ms: float = 0.0
    """By the clock: includes waiting for a processor that others use, or for Python's lock."""
    cpu_ms: float = 0.0
    """The loop's own thread at work."""


@contextmanager
def watched() -> Iterator[Longest]:
    """Time every callback of every event loop meanwhile."""
    longest = Longest()
    run = asyncio.Handle._run  # noqa: SLF001 - the one place that every callback goes through

    def timed(handle: asyncio.Handle) -> None:
        begin, begin_cpu = time.perf_counter(), time.thread_time()
        run(handle)
        longest.wall_ms = max(longest.wall_ms, 1000 * (time.perf_counter() - begin))
        longest.cpu_ms = max(longest.cpu_ms, 1000 * (time.thread_time() - begin_cpu))

    asyncio.Handle._run = timed  # type: ignore[method-assign,assignment]  # noqa: SLF001
    try:
        yield longest
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001
