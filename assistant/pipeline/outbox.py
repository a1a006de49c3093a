"""Events on their way out of a stream: those of listening, and those of actions beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine

from assistant.events import Event


class Outbox:
    """Takes events from several tasks; one reader has them in the order in which they were sent.

    Not an `asyncio.TaskGroup`: one that is cancelled keeps what its tasks held until the garbage
    collector comes by, and a stream holds tens of megabytes.
    """

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._error: BaseException | None = None

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """Do some work beside the rest."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def send(self, *events: Event) -> None:
        """Send events, with no other between them, and wait until they were taken."""
        for event in events:
            self._queue.put_nowait(event)
        await self._queue.join()

    async def events(self) -> AsyncGenerator[Event]:
        """What is sent until all work is done; raises the first error of any of it.

        Whoever stops reading ends the work.
        """
        try:
            while (event := await self._queue.get()) is not None:
                yield event
                self._queue.task_done()
            if self._error is not None:
                raise self._error
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        self._error = self._error or error
        if error is not None or not self._tasks:
            self._queue.put_nowait(None)
