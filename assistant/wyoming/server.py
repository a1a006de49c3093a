"""Accepts clients, bounds what they may ask of this device, and outlives what they do wrong."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from dataclasses import dataclass

from wyoming.error import Error
from wyoming.event import async_write_event

from assistant.wyoming.session import Services, Session
from assistant.wyoming.wire import LINE_BYTES, BoundedReader

_LOG = logging.getLogger(__name__)
_TELL_S = 1.0


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What clients may ask."""

    connections: int = 8
    idle_s: float = 600.0
    """A client that is silent for so long is let go."""


class Server:
    """Serves until it is closed."""

    def __init__(self, services: Services, limits: ServerLimits | None = None) -> None:
        self._services = services
        self._limits = limits or ServerLimits()
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Begin to accept; gives the address. Raises `OSError` if it cannot be had."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=LINE_BYTES)
        bound = self._server.sockets[0].getsockname()
        if not is_local(bound[0]):
            _LOG.warning(
                "anyone who reaches %s port %d can give commands: there is no password",
                bound[0],
                bound[1],
            )
        return str(bound[0]), int(bound[1])

    async def close(self) -> None:
        """Let go of every client."""
        if self._server is not None:
            self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername") or ("?",)
        if len(self._clients) >= self._limits.connections:
            _LOG.warning("refused %s: there are already %d clients", peer[0], len(self._clients))
            writer.close()
            return
        task = asyncio.current_task()
        if task is not None:
            self._clients.add(task)
            task.add_done_callback(self._clients.discard)
        try:
            await self._serve(reader, writer)
        except TimeoutError:
            _LOG.info("%s was silent for %g s; let go", peer[0], self._limits.idle_s)
        except (ConnectionError, asyncio.IncompleteReadError):
            _LOG.debug("%s left", peer[0])
        except Exception as error:  # noqa: BLE001 - whatever a client sends, go on serving
            _LOG.warning("let go of %s: %s", peer[0], _reason(error))
            await _tell(writer, _reason(error))
        except asyncio.CancelledError:
            _LOG.debug("let go of %s: the service ends", peer[0])
        finally:
            writer.close()
            # asyncio asks every connection's task for its error, and trips over a cancelled one.
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bounded = BoundedReader(reader, self._limits.idle_s)
        session = Session(self._services, lambda answer: async_write_event(answer.event(), writer))
        while (event := await bounded.event()) is not None:
            await session.take(event)


def _reason(error: Exception) -> str:
    missing = isinstance(error, KeyError)
    return f"an event lacks {error}" if missing else str(error) or type(error).__name__


async def _tell(writer: asyncio.StreamWriter, text: str) -> None:
    """Say why the connection ends, to a client that still reads."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_TELL_S):
            await async_write_event(Error(text, code="refused").event(), writer)


def is_local(host: str) -> bool:
    """Whether only this device reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
