"""Requests that arrive together are rescored together.

While one batch is computed in the worker, whatever arrives waits and is the next batch, so nobody
waits for a batch to fill.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.audio.clock import Clock
from assistant.errors import HearthError
from assistant.lattice.graph import Lattice
from assistant.pipeline.worker import Worker
from assistant.rescoring.expansion import Reweighted

Rescore = Callable[[Sequence[Lattice]], list[tuple[Reweighted, ...]]]
"""Lattices to their expansions; heavy."""


class BusyError(HearthError):
    """There is no time for a request now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """How much is taken on."""

    batch: int = 16
    """Lattices that are rescored together."""
    waiting: int = 256
    """Requests that may wait; more are refused."""
    time_s: float = 1.0
    """A request that has waited longer is not worth computing any more."""


@dataclass(frozen=True, slots=True)
class _Request:
    lattice: Lattice
    since_s: float
    answer: asyncio.Future[tuple[Reweighted, ...]]


class Batcher:
    """Rescores in batches; start and close it in the same event loop."""

    def __init__(
        self,
        rescore: Rescore,
        limits: BatchLimits,
        clock: Clock,
        on_batch: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._rescore = rescore
        self._limits = limits
        self._clock = clock
        self._on_batch = on_batch
        self._worker = Worker()
        self._queue: asyncio.Queue[_Request] = asyncio.Queue(limits.waiting)
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Requests that wait now."""
        return self._queue.qsize()

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Stop; who still waits is told that there is no time."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        while not self._queue.empty():
            _refuse(self._queue.get_nowait())
        self._worker.close()

    async def rescore(self, lattice: Lattice) -> tuple[Reweighted, ...]:
        """A lattice's expansion; raises `BusyError`, and what the language model raises."""
        answer: asyncio.Future[tuple[Reweighted, ...]] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait(_Request(lattice, self._clock.now(), answer))
        except asyncio.QueueFull:
            raise BusyError(f"{self._limits.waiting} requests wait already") from None
        return await answer

    async def _work(self) -> None:
        while True:
            batch = self._worth_it(await self._next())
            if not batch:
                continue
            self._on_batch(len(batch))
            try:
                results = await self._worker.run(
                    self._rescore, [request.lattice for request in batch]
                )
            except asyncio.CancelledError:
                for request in batch:
                    _refuse(request)
                raise
            except Exception as error:  # noqa: BLE001 - goes to those who asked
                for request in batch:
                    _settle(request, error)
            else:
                for request, result in zip(batch, results, strict=True):
                    _settle(request, result)

    async def _next(self) -> list[_Request]:
        batch = [await self._queue.get()]
        while len(batch) < self._limits.batch and not self._queue.empty():
            batch.append(self._queue.get_nowait())
        return batch

    def _worth_it(self, batch: Sequence[_Request]) -> list[_Request]:
        """Those whose client still waits; those that waited too long are refused."""
        oldest_s = self._clock.now() - self._limits.time_s
        for request in batch:
            if request.since_s < oldest_s:
                _refuse(request)
        return [request for request in batch if not request.answer.done()]


def _refuse(request: _Request) -> None:
    _settle(request, BusyError("it has waited too long"))


def _settle(request: _Request, outcome: tuple[Reweighted, ...] | Exception) -> None:
    if request.answer.done():  # who asked has gone
        return
    if isinstance(outcome, Exception):
        request.answer.set_exception(outcome)
    else:
        request.answer.set_result(outcome)
