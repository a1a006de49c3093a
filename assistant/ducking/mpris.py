"""Media players of this session that speak MPRIS over D-Bus (the `music` extra).

Where a sound server has their streams, these go down already, and a player that passes its volume
on to its stream would go down twice: MPRIS is for machines without one.
https://specifications.freedesktop.org/mpris-spec/latest/
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError

from assistant.ducking.mixer import MixerError

_NAMES = "org.mpris.MediaPlayer2."
_PATH = "/org/mpris/MediaPlayer2"
_PLAYER = "org.mpris.MediaPlayer2.Player"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_BUS = "org.freedesktop.DBus"
_ANSWER_S = 2.0
_LOG = logging.getLogger(__name__)


class MprisMixer:
    """A `Mixer` of the players on the session's bus, by their well-known names."""

    name = "mpris"

    def __init__(self) -> None:
        self._bus: MessageBus | None = None
        self._until_lost: asyncio.Task[None] | None = None

    async def playing(self) -> Mapping[str, float]:
        """Volume of each player that plays; raises `MixerError`."""
        path = "/org/freedesktop/DBus"
        (names,) = await self._call(Message(_BUS, path, _BUS, "ListNames"))
        players = [name for name in names if name.startswith(_NAMES)]
        volumes = await asyncio.gather(*map(self._playing, players))
        return {
            name: volume
            for name, volume in zip(players, volumes, strict=True)
            if volume is not None
        }

    async def _playing(self, name: str) -> float | None:
        """The volume of a player that plays, `None` where it does not, or hangs."""
        try:
            if await self._property(name, "PlaybackStatus") != "Playing":
                return None
            return await self.volume(name)
        except MixerError as error:
            _LOG.debug("%s is left out: %s", name, error)
            return None

    async def volume(self, id_: str) -> float | None:
        """A player's volume, `None` if it is gone or has none; raises `MixerError`."""
        value = await self._property(id_, "Volume")
        return float(value) if isinstance(value, int | float) else None

    async def set(self, id_: str, volume: float) -> None:
        """Set a player's volume; raises `MixerError`."""
        value = Variant("d", volume)
        await self._call(_of_player(id_, "Set", "ssv", [_PLAYER, "Volume", value]))

    async def _property(self, name: str, what: str) -> object:
        """A player's property, `None` where it has none or is gone."""
        try:
            (value,) = await self._call(_of_player(name, "Get", "ss", [_PLAYER, what]))
        except _RefusedError:
            return None
        return value.value if isinstance(value, Variant) else value

    async def _call(self, message: Message) -> list[Any]:
        """Call a method, on a new connection where the old one is lost; raises `MixerError`."""
        destination = message.destination
        try:
            async with asyncio.timeout(_ANSWER_S):
                answer = await (await self._connected()).call(message)
        except TimeoutError:
            raise MixerError(f"{destination} took longer than {_ANSWER_S:g} s") from None
        except (OSError, EOFError, DBusError, ValueError, KeyError) as error:
            self._bus = None
            raise MixerError(f"the session's bus does not answer ({error})") from None
        if answer is None or answer.message_type is MessageType.ERROR:
            raise _RefusedError(f"{destination}: {answer.body[0] if answer else 'no answer'}")
        return list(answer.body)

    async def _connected(self) -> MessageBus:
        if self._bus is None or not self._bus.connected:
            self._bus = await MessageBus(bus_type=BusType.SESSION).connect()
            self._until_lost = asyncio.create_task(_until_lost(self._bus))
        return self._bus


async def _until_lost(bus: MessageBus) -> None:
    """Wait for a connection's end. It is no error: the next call makes a new one, or says so."""
    with contextlib.suppress(Exception):
        await bus.wait_for_disconnect()


def _of_player(name: str, member: str, signature: str, body: list[Any]) -> Message:
    """A call about a player's properties."""
    return Message(name, _PATH, _PROPERTIES, member, signature=signature, body=body)


class _RefusedError(MixerError):
    """The bus or the player says no: the player is gone, or lacks what was asked."""
