"""Events on their way out of a stream: those of listening, and those of actions beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine

from assistant.events import Event


class Outbox:
    """Takes events from several tasks; one reader has them in the order in which they were sent."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()

    async def send(self, *events: Event) -> None:
        """Send events, with no other between them, and wait until they were taken."""
        for event in events:
            self._queue.put_nowait(event)
        await self._queue.join()

    async def events(self, work: Coroutine[None, None, None]) -> AsyncGenerator[Event]:
        """What some work sends, until it is done; raises what it raises.

        Whoever stops reading ends the work.
        """
        task = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._queue.put_nowait(None))
        try:
            while (event := await self._queue.get()) is not None:
                yield event
                self._queue.task_done()
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
