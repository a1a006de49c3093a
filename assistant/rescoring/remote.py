"""Rescoring by a server, with a deadline: what comes later is ignored and the local result stands.

The request may go out at the speculative end-point already. If the words are others at the final
one, it is made again with the final lattice, and the first is dropped.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from assistant.asr.result import RecognitionResult
from assistant.audio.clock import Clock, MonotonicClock
from assistant.config.rescoring import RescoringSettings
from assistant.lattice.graph import Edge, Lattice, Node, pruned
from assistant.lattice.nbest import nbest
from assistant.pipeline.rescorer import Account, RescoredResult, RescoringError, RescoringOutcome
from assistant.rescoring.circuit_breaker import CircuitBreaker
from assistant.rescoring.client import Client, RescoringEndpoint, trust
from assistant.rescoring.names import tagged
from assistant.rescoring.wire import pack_lattice

_LEAST_POSTERIOR = 1e-3
_NBEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RescoringPolicy:
    """How a server is asked."""

    deadline_s: float
    """From the final end-point; what comes later is ignored."""
    early: bool
    """Whether the request goes out at the speculative end-point."""
    names: Callable[[], Iterable[str]]
    """Personal names that are not to be sent, as they are now."""


class RemoteRescorer:
    """Implements `Rescorer` by a server."""

    revises = True

    def __init__(self, client: Client, policy: RescoringPolicy, clock: Clock) -> None:
        self.client = client
        self.policy = policy
        self.clock = clock
        self.breaker = CircuitBreaker(clock)

    async def start(self) -> None:
        """Make ready; the first request connects."""
        self.client.open()

    async def close(self) -> None:
        """Let go of connections."""
        await self.client.close()

    def open(self) -> RemoteRescoring:
        """Begin an utterance."""
        return RemoteRescoring(self)


class RemoteRescoring:
    """The rescoring of one utterance."""

    def __init__(self, rescorer: RemoteRescorer) -> None:
        self._rescorer = rescorer
        self._asked: str | None = None
        """The best text of the lattice that was sent last."""
        self._request: asyncio.Task[Lattice] | None = None
        self._sent = 0

    def begin(self, result: RecognitionResult) -> None:
        """Send the lattice already, if that is wanted."""
        if self._rescorer.policy.early:
            self._ask(result)

    async def settle(self, result: RecognitionResult) -> RescoredResult:
        """The result with the answer in it, if the server gives one in time."""
        began = time.perf_counter()
        if self._asked != result.text:
            await self.cancel()
            self._ask(result)
        if self._request is None:
            return RescoredResult(result)
        try:
            better, outcome = await self._answer(result, self._request)
        finally:
            await self.cancel()
        waited_ms = 1000 * (time.perf_counter() - began)
        return RescoredResult(better, Account(outcome, self._sent, waited_ms))

    async def cancel(self) -> None:
        """Drop the request."""
        request, self._request = self._request, None
        if request is not None:
            request.cancel()
            await asyncio.wait([request])
            if not request.cancelled():
                request.exception()  # seen, so that nothing is logged of it

    def _ask(self, result: RecognitionResult) -> None:
        if not result.text or self._rescorer.breaker.is_open:
            return
        message = pack_lattice(tagged(result.lattice, self._rescorer.policy.names()))
        self._asked = result.text
        self._sent += len(message)
        self._request = asyncio.create_task(self._rescorer.client.rescore(message, result.lattice))

    async def _answer(
        self, result: RecognitionResult, request: asyncio.Task[Lattice]
    ) -> tuple[RecognitionResult, RescoringOutcome]:
        """The result to go on with once the answer or the deadline has come."""
        policy, clock = self._rescorer.policy, self._rescorer.clock
        deadline = asyncio.ensure_future(clock.sleep(policy.deadline_s))
        try:
            await asyncio.wait([request, deadline], return_when=asyncio.FIRST_COMPLETED)
        finally:
            deadline.cancel()
        if not request.done():
            within_ms = 1000 * policy.deadline_s
            self._rescorer.breaker.failed(f"no answer within {within_ms:g} ms")
            return result, RescoringOutcome.LATE
        try:
            better = rescored(result, request.result())
        except (RescoringError, ValueError) as error:
            self._rescorer.breaker.failed(str(error))
            return result, RescoringOutcome.FAILED
        self._rescorer.breaker.succeeded()
        return better, RescoringOutcome.USED


def make_rescorer(
    settings: RescoringSettings, url: str, names: Callable[[], Iterable[str]]
) -> RemoteRescorer:
    """The client for a server, not yet started; raises `RescoringError`.

    `names` gives the people of the home as they are now.
    """
    policy = RescoringPolicy(
        deadline_s=settings.deadline_ms / 1000,
        early=settings.early,
        names=names if settings.tag_names else tuple,
    )
    client = Client(RescoringEndpoint(url, settings.token, trust(settings.certificate)))
    return RemoteRescorer(client, policy, MonotonicClock())


async def asked_once(settings: RescoringSettings, url: str) -> int:
    """Ask a server about two words, to see that it answers; how many bytes were sent.

    Raises:
        RescoringError: it cannot be asked, or gives no usable answer.

    """
    words = (Edge(0, 1, "lights", -0.5), Edge(1, 2, "on", -0.5))
    lattice = Lattice(tuple(Node(number, 0.0) for number in range(3)), words, 0, 2)
    message = pack_lattice(lattice)
    client = Client(RescoringEndpoint(url, settings.token, trust(settings.certificate)))
    client.open()
    try:
        await client.rescore(message, lattice)
    finally:
        await client.close()
    return len(message)


def rescored(result: RecognitionResult, lattice: Lattice) -> RecognitionResult:
    """The result with a rescored lattice, and the hypotheses in it."""
    lattice = pruned(lattice, _LEAST_POSTERIOR)
    return replace(result, lattice=lattice, nbest=nbest(lattice, _NBEST))
