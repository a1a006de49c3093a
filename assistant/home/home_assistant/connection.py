"""One connection to Home Assistant's WebSocket API.

https://developers.home-assistant.io/docs/api/websocket
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

import aiohttp

from assistant.home.home_assistant.trouble import why
from assistant.home.model import HomeError

_LOG = logging.getLogger(__name__)
_CONNECT_S = 10.0
_ANSWER_S = 10.0
_HEARTBEAT_S = 20.0
_LARGEST_MESSAGE = 64 * 2**20
_PATH = "/api/websocket"

Message = Mapping[str, Any]
OnEvent = Callable[[Message], None]


class RefusedError(HomeError):
    """Home Assistant does not accept the token; trying again would not help."""


class CommandError(HomeError):
    """Home Assistant answers a command with an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"Home Assistant says: {message}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """Where Home Assistant is, and how it is believed."""

    url: str
    trust: ssl.SSLContext | bool = True
    """Whom to trust: everyone the system trusts, or a context with a certificate of one's own."""

    @property
    def websocket(self) -> str:
        """The URL of the WebSocket API."""
        base = self.url.rstrip("/").removesuffix(_PATH)
        return "ws" + base.removeprefix("http") + _PATH


class Connection:
    """Commands and subscriptions. Open it with `open`; it ends when `closed` is done."""

    def __init__(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._session = session
        self._socket = socket
        self._ids = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._events: dict[int, OnEvent] = {}
        self.version = ""
        self.closed = asyncio.create_task(self._receive())

    @classmethod
    async def open(cls, address: Address, token: str) -> Self:
        """Connect and authenticate; raises `HomeError` that says what to do."""
        session = aiohttp.ClientSession()
        try:
            async with asyncio.timeout(_CONNECT_S):
                socket = await session.ws_connect(
                    address.websocket,
                    ssl=address.trust,
                    heartbeat=_HEARTBEAT_S,
                    max_msg_size=_LARGEST_MESSAGE,
                )
                version = await _authenticate(socket, token)
        except BaseException as error:
            await session.close()
            if isinstance(error, aiohttp.ClientError | OSError | TimeoutError | ValueError):
                raise HomeError(await why(error, address.url)) from None
            raise
        connection = cls(session, socket)
        connection.version = version
        return connection

    async def close(self) -> None:
        """End the connection; who still waits for an answer is told."""
        await self._socket.close()
        await asyncio.gather(self.closed, return_exceptions=True)
        await self._session.close()

    async def command(self, kind: str, **fields: object) -> Any:  # noqa: ANN401 - JSON
        """Send a command and give its result; raises `HomeError`."""
        return await self._request(next(self._ids), kind, fields)

    async def subscribe(self, kind: str, on_event: OnEvent, **fields: object) -> int:
        """Send a command that goes on giving events; gives its number, for `unsubscribe`."""
        number = next(self._ids)
        self._events[number] = on_event
        await self._request(number, kind, fields)
        return number

    async def unsubscribe(self, number: int) -> None:
        """End a subscription."""
        self._events.pop(number, None)
        await self.command("unsubscribe_events", subscription=number)

    async def _request(self, number: int, kind: str, fields: Mapping[str, object]) -> Any:  # noqa: ANN401
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._socket.send_json({"id": number, "type": kind, **fields})
                return await answer
        except TimeoutError:
            raise HomeError(f"Home Assistant did not answer within {_ANSWER_S:g} s.") from None
        except (aiohttp.ClientError, ConnectionError):
            raise HomeError("The connection to Home Assistant was lost.") from None
        finally:
            self._waiting.pop(number, None)

    async def _receive(self) -> None:
        """Hand out what comes until the connection ends."""
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(message.data)
                else:
                    _LOG.warning("Home Assistant sent a message that is no text; ignored")
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    lost = HomeError("The connection to Home Assistant was lost.")
                    answer.set_exception(lost)
            # A closing handshake that nobody answers must not keep the session open.
            await self._session.close()

    def _take(self, text: str) -> None:
        try:
            parsed = json.loads(text)
        except ValueError:
            _LOG.warning("Home Assistant sent what is no JSON; ignored")
            return
        # Several messages may come in one frame.
        for message in parsed if isinstance(parsed, list) else [parsed]:
            if isinstance(message, dict) and isinstance(message.get("id"), int):
                self._hand_out(message["id"], message)
            else:
                _LOG.warning("Home Assistant sent a message without a number; ignored")

    def _hand_out(self, number: int, message: Message) -> None:
        if message.get("type") == "event":
            self._on_event(number, message.get("event"))
            return
        answer = self._waiting.get(number)
        if answer is None or answer.done():
            return
        if message.get("success", message.get("type") == "pong"):
            answer.set_result(message.get("result"))
        else:
            error = message.get("error")
            told = error if isinstance(error, dict) else {}
            code, said = told.get("code", "unknown"), told.get("message", "it refuses")
            answer.set_exception(CommandError(str(code), str(said)))

    def _on_event(self, number: int, event: object) -> None:
        on_event = self._events.get(number)
        if on_event is None or not isinstance(event, dict):
            return
        try:
            on_event(event)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            _LOG.warning("Home Assistant sent an event that cannot be read (%r); ignored", error)


async def _authenticate(socket: aiohttp.ClientWebSocketResponse, token: str) -> str:
    """Show the token; gives Home Assistant's version."""
    hello = await socket.receive_json()
    if hello.get("type") != "auth_required":
        raise ValueError("it does not speak Home Assistant's language")
    await socket.send_json({"type": "auth", "access_token": token})
    answer = await socket.receive_json()
    if answer.get("type") == "auth_ok":
        return str(answer.get("ha_version", ""))
    raise RefusedError(
        "Home Assistant refuses the token: it was revoked or is not whole. Make a new long-lived "
        "access token in your profile there and write it into secrets.yaml."
    )
