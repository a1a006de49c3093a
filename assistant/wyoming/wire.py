"""Events on a connection: bounded in size and in time, whoever is at the other end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, cast
from urllib.parse import urlsplit

from wyoming.event import Event, Eventable, async_read_event, async_write_event

from assistant.errors import HearthError

LINE_BYTES = 64 * 1024
_PART_BYTES = 1024 * 1024
"""The largest header line, and the largest data or audio of one event."""
_CONNECT_S = 10.0


class WyomingError(HearthError):
    """The other end cannot be reached, or sends what cannot be read."""


class BoundedReader:
    """Reads events, and refuses what is announced as too large or takes too long to come."""

    def __init__(self, reader: asyncio.StreamReader, idle_s: float | None) -> None:
        self._reader = reader
        self._idle_s = idle_s

    async def event(self) -> Event | None:
        """The next event; `None` at the end of the connection. Raises whatever garbage raises."""
        event: Event | None = await async_read_event(cast("asyncio.StreamReader", self))
        return event

    async def readline(self) -> bytes:
        """A line, as `StreamReader` has it."""
        async with asyncio.timeout(self._idle_s):
            return await self._reader.readline()

    async def readexactly(self, count: Any) -> bytes:  # noqa: ANN401 - whatever the JSON says
        """So many bytes, as `StreamReader` has it."""
        if not isinstance(count, int) or count > _PART_BYTES:
            raise ValueError(f"an event of {count} bytes is too large")
        async with asyncio.timeout(self._idle_s):
            return await self._reader.readexactly(count)


class Peer:
    """A server that we speak to."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle_s: float | None
    ) -> None:
        self._reader = BoundedReader(reader, idle_s)
        self._writer = writer
        self._sending = asyncio.Lock()

    @classmethod
    async def connect(cls, url: str, idle_s: float | None = None) -> Peer:
        """Connect to `tcp://host:port`; raises `WyomingError`. `idle_s`: as `receive` waits."""
        address = urlsplit(url)
        try:
            async with asyncio.timeout(_CONNECT_S):
                streams = await asyncio.open_connection(
                    address.hostname, address.port, limit=LINE_BYTES
                )
        except TimeoutError:
            raise WyomingError(f"{url} does not answer") from None
        except OSError as error:
            raise WyomingError(f"{url} cannot be reached: {error.strerror or error}") from None
        return cls(*streams, idle_s)

    async def send(self, *events: Eventable) -> None:
        """Send events, all in a row; raises `WyomingError`."""
        try:
            async with self._sending:
                for event in events:
                    await async_write_event(event.event(), self._writer)
        except OSError as error:
            raise WyomingError(f"the connection is lost: {error}") from None

    async def receive(self) -> Event:
        """The next event; raises `WyomingError`."""
        try:
            event = await self._reader.event()
        except TimeoutError:
            raise WyomingError("it no longer answers") from None
        except (OSError, EOFError):
            event = None
        except Exception as error:  # noqa: BLE001 - garbage may raise anything
            raise WyomingError(f"it sends what cannot be read: {error}") from None
        if event is None:
            raise WyomingError("it hung up")
        return event

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
