"""One thread for heavy calls, so that the event loop never waits for them.

It gives way to the loop and to the thread that captures audio (`audio/priority.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from assistant.audio.priority import give_way

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """Runs calls one after the other, in the order in which they were asked for.

    Its queue is bounded by its callers: each awaits its call before it makes the next.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "hearth", initializer=give_way)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The call's result, or its exception."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Drop what waits and let the running call end; it takes some milliseconds at most."""
        self._executor.shutdown(wait=True, cancel_futures=True)
