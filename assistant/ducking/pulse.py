"""Streams of PulseAudio, or of PipeWire in its place, by libpulse (the `music` extra).

A stream is named by the server's number and the name under which the server remembers its volume.
Where the stream is gone, that memory is put right, and with it what the same program plays now.
Hearth's own sounds have the role `assistant` and are left alone, as are calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pulsectl

from assistant.ducking.mixer import MixerError
from assistant.reply.programs import OWN_ROLE

_LEFT_ALONE = frozenset({OWN_ROLE, "phone"})
_NO_MODULE = 0xFFFF_FFFF
_ANSWER_S = 2.0
"""A server that takes longer hangs."""
T = TypeVar("T")


def is_there() -> bool:
    """Whether a sound server answers now."""
    try:
        with pulsectl.Pulse("hearth", connect=False) as pulse:
            pulse.connect(autospawn=False)
    except pulsectl.PulseError:
        return False
    return True


class PulseMixer:
    """A `Mixer` of the streams of the sound server. Its calls are made in a thread of their own."""

    name = "pulse"

    def __init__(self) -> None:
        self._server = _Server()

    async def playing(self) -> Mapping[str, float]:
        """Volume of each stream that plays; raises `MixerError`."""
        return await self._run(_Server.playing)

    async def volume(self, id_: str) -> float | None:
        """A stream's volume, `None` if it is gone; raises `MixerError`."""
        return await self._run(lambda server: server.volume(id_))

    async def set(self, id_: str, volume: float) -> None:
        """Set a stream's volume, the balance of its channels kept; raises `MixerError`."""
        await self._run(lambda server: server.set(id_, volume))

    async def _run(self, call: Callable[[_Server], T]) -> T:
        loop, server = asyncio.get_running_loop(), self._server
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await loop.run_in_executor(server.thread, server.there, call)
        except TimeoutError:
            if self._server is server:
                self._server = _Server()
                server.leave()
            raise MixerError(f"the sound server took longer than {_ANSWER_S:g} s") from None


class _Server:
    """A connection, which belongs to the one thread that calls it."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="volumes")
        self._pulse = pulsectl.Pulse("hearth", connect=False)
        self._connected = False

    def leave(self) -> None:
        """Use it no more; it is closed when the call that hangs has ended."""
        self.thread.submit(self._pulse.close)
        self.thread.shutdown(wait=False)

    def there(self, call: Callable[[_Server], T]) -> T:
        """Call it, once more on a new connection where the old one is lost."""
        was_connected = self._connected
        try:
            return self._called_there(call)
        except MixerError:
            if not was_connected:
                raise
        return self._called_there(call)

    def _called_there(self, call: Callable[[_Server], T]) -> T:
        try:
            if not self._connected:
                self._pulse.connect(autospawn=False)
                self._connected = True
            return call(self)
        except Exception as error:  # noqa: BLE001 - pulsectl's errors have no class in common
            self._connected = False
            self._pulse.disconnect()
            raise MixerError(f"the sound server does not answer ({error})") from None

    def playing(self) -> Mapping[str, float]:
        """Volume of each stream that plays, but for those of sinks that pass on what others play.

        There the program's stream is turned down.
        """
        owners = {sink.owner_module for sink in self._pulse.sink_list()} - {_NO_MODULE}
        return {
            _id(stream): stream.volume.value_flat
            for stream in self._streams()
            if not stream.corked
            and stream.owner_module not in owners
            and stream.proplist.get("media.role") not in _LEFT_ALONE
        }

    def volume(self, id_: str) -> float | None:
        """A stream's volume, `None` if it is gone."""
        found = [*self._called(id_), *self._remembered(id_)]
        return found[0].volume.value_flat if found else None

    def set(self, id_: str, volume: float) -> None:
        """Set the volume of a stream, or what is remembered of it."""
        for stream in self._called(id_):
            stream.volume.value_flat = volume
            self._pulse.volume_set(stream, stream.volume)
        for known in self._remembered(id_):
            known.volume.value_flat = volume
            self._pulse.stream_restore_write(known, mode="replace", apply_immediately=True)

    def _called(self, id_: str) -> list[pulsectl.PulseSinkInputInfo]:
        return [stream for stream in self._streams() if _id(stream) == id_]

    def _remembered(self, id_: str) -> list[pulsectl.PulseExtStreamRestoreInfo]:
        """What the server remembers of a stream that is gone."""
        if self._called(id_):
            return []
        try:
            known = self._pulse.stream_restore_read()
        except pulsectl.PulseOperationFailed:
            return []  # it remembers none
        return [each for each in known if each.name == id_.partition(" ")[2]]

    def _streams(self) -> list[pulsectl.PulseSinkInputInfo]:
        return list(self._pulse.sink_input_list())


def _id(stream: pulsectl.PulseSinkInputInfo) -> str:
    known = stream.proplist
    named = known.get("module-stream-restore.id") or known.get("application.name", "")
    return f"{stream.index} {named}"
