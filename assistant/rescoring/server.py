"""The rescoring server: stateless, so any number can stand behind a load balancer.

    POST /v1/rescore   a lattice in, the rescored lattice out; see `wire`
    GET /healthz       200 while it takes requests, 503 once it is stopping
    GET /metrics       figures for Prometheus

Only lattices need the token: keep the other two from the public at the load balancer.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import ssl
import time
from dataclasses import dataclass, field

from aiohttp import web

from assistant.audio.clock import Clock, MonotonicClock
from assistant.rescoring.batching import Batcher, BatchLimits, BusyError, Rescore
from assistant.rescoring.client import CONTENT_TYPE, PATH
from assistant.rescoring.language_model import LanguageModelError
from assistant.rescoring.metrics import Metrics
from assistant.rescoring.wire import WireError, pack_reweighted, unpack_lattice

_LOG = logging.getLogger(__name__)
_KEEP_ALIVE_S = 90.0
_READ_S = 5.0
"""A client that takes longer to send its few bytes is let go."""
_BACKLOG = 1024
_STOP_S = 5.0
"""Requests that are being answered get so long when the server stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Who may ask, and how much."""

    token: str | None = None
    """`None`: anyone."""
    most_bytes: int = 64 * 1024
    """Of a request's body."""
    limits: BatchLimits = field(default_factory=BatchLimits)


class RescoringServer:
    """Serves until it is closed."""

    def __init__(
        self, rescore: Rescore, settings: ServerSettings, clock: Clock | None = None
    ) -> None:
        self._settings = settings
        self._metrics = Metrics()
        self._batcher = Batcher(
            rescore, settings.limits, clock or MonotonicClock(), self._metrics.batches.observe
        )
        self._stopping = False
        app = web.Application(client_max_size=settings.most_bytes)
        app.router.add_post(PATH, self._rescore)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._figures)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=_KEEP_ALIVE_S,
            handler_cancellation=True,
            shutdown_timeout=_STOP_S,
        )

    async def start(
        self, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> tuple[str, int]:
        """Begin to serve; gives the address. Raises `OSError` if it cannot be had."""
        self._batcher.start()
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=tls, backlog=_BACKLOG)
        await site.start()
        bound = self._runner.addresses[0]
        return str(bound[0]), int(bound[1])

    async def close(self) -> None:
        """Take no more requests, answer those that are here, and let go of everybody."""
        self._stopping = True
        await self._runner.cleanup()
        await self._batcher.close()

    async def _healthz(self, _: web.Request) -> web.Response:
        if self._stopping:
            return web.Response(status=503, text="stopping\n")
        return web.Response(text="ok\n")

    async def _figures(self, _: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4"}
        )

    async def _rescore(self, request: web.Request) -> web.Response:
        try:
            response = await self._answer(request)
        except web.HTTPException as refusal:
            self._metrics.requests.labels(str(refusal.status)).inc()
            raise
        self._metrics.requests.labels(str(response.status)).inc()
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        if not self._welcome(request):
            headers = {"WWW-Authenticate": "Bearer"}
            raise web.HTTPUnauthorized(text="the token is not right\n", headers=headers)
        message = await _body(request)
        self._metrics.received.inc(len(message))
        began = time.perf_counter()
        try:
            edges = await self._batcher.rescore(unpack_lattice(message))
            return web.Response(body=pack_reweighted(edges), content_type=CONTENT_TYPE)
        except (WireError, BusyError, LanguageModelError) as error:
            raise _refusal(error) from None
        finally:
            self._metrics.seconds.observe(time.perf_counter() - began)

    def _welcome(self, request: web.Request) -> bool:
        token = self._settings.token
        if token is None:
            return True
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


async def _body(request: web.Request) -> bytes:
    """What was sent; too much of it is refused by aiohttp with a status of its own."""
    try:
        async with asyncio.timeout(_READ_S):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text=f"nothing came for {_READ_S:g} s\n") from None


def _refusal(error: WireError | BusyError | LanguageModelError) -> web.HTTPException:
    text = f"{error}\n"
    if isinstance(error, WireError):
        return web.HTTPBadRequest(text=text)
    if isinstance(error, BusyError):
        return web.HTTPServiceUnavailable(text=text, headers={"Retry-After": "1"})
    _LOG.warning("the language model gives no answer: %s", error)
    return web.HTTPBadGateway(text=text)
