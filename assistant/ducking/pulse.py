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
        self._begin()

    def _begin(self) -> None:
        """Begin anew: a thread that hangs is left behind."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="volumes")
        self._pulse = pulsectl.Pulse("hearth", connect=False)
        self._connected = False

    async def playing(self) -> Mapping[str, float]:
        """Volume of each stream that plays; raises `MixerError`."""
        return await self._run(
            lambda: {
                _id(stream): stream.volume.value_flat
                for stream in self._streams()
                if not stream.corked and stream.proplist.get("media.role") not in _LEFT_ALONE
            }
        )

    async def volume(self, id_: str) -> float | None:
        """A stream's volume, `None` if it is gone; raises `MixerError`."""
        return await self._run(lambda: self._volume(id_))

    async def set(self, id_: str, volume: float) -> None:
        """Set a stream's volume, the balance of its channels kept; raises `MixerError`."""
        await self._run(lambda: self._set(id_, volume))

    def _volume(self, id_: str) -> float | None:
        found = [*self._called(id_), *self._remembered(id_)]
        return found[0].volume.value_flat if found else None

    def _set(self, id_: str, volume: float) -> None:
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

    async def _run(self, call: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await loop.run_in_executor(self._thread, self._there, call)
        except TimeoutError:
            self._begin()
            raise MixerError(f"the sound server took longer than {_ANSWER_S:g} s") from None

    def _there(self, call: Callable[[], T]) -> T:
        """Call it, on a new connection where the old one is lost."""
        try:
            if not self._connected:
                self._pulse.connect(autospawn=False)
                self._connected = True
            return call()
        except pulsectl.PulseError as error:
            self._connected = False
            self._pulse.disconnect()
            raise MixerError(f"the sound server does not answer ({error})") from None


def _id(stream: pulsectl.PulseSinkInputInfo) -> str:
    known = stream.proplist
    named = known.get("module-stream-restore.id") or known.get("application.name", "")
    return f"{stream.index} {named}"
