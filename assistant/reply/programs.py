"""Voices and players that are programs of their own: what they do wrong stays there.

A program is started with a list of arguments, never through a shell, and text only reaches it on
standard input, so nothing that was heard can become an option or a command.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import numpy as np
from numpy.typing import NDArray

from assistant.audio.clock import Clock, MonotonicClock
from assistant.reply.sound import Sound, endless_header
from assistant.reply.voice import ReplyError

OWN_ROLE = "assistant"
"""The role of our sounds, by which the sound server can tell them from others."""
_SPEAK_S = 20.0
"""A voice that takes longer, on any board, hangs."""
_START_S = 10.0
"""A player may take so long beyond the sound itself: Bluetooth speakers wake up slowly."""
_LOOK_S = 0.002
"""How often it is looked whether a program has taken what it was sent."""


class ProgramVoice:
    """A program that reads text on standard input and writes a wave file to standard output."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)

    async def speak(self, text: str) -> Sound:
        """The text, spoken; raises `ReplyError`."""
        line = " ".join(text.split())
        wav = await _run(self._command, line.encode() + b"\n", _SPEAK_S)
        try:
            return Sound.from_wav(wav)
        except ValueError as error:
            raise ReplyError(f"{self._command[0]} gave no speech: {error}") from None


class ProgramPlayer:
    """A program that plays a wave file from its standard input."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)

    async def play(self, sound: Sound) -> None:
        """Play it to its end; raises `ReplyError`."""
        await _run(self._command, sound.wav(), sound.length_s + _START_S, _ROLE)


class ProgramOutlet:
    """An `Outlet`: a program that plays a wave file from its standard input as it comes.

    `ahead_s`: how much its buffers hold; with less it may not begin, with more it is late.
    """

    def __init__(
        self, command: Sequence[str], ahead_s: float = 0.08, clock: Clock | None = None
    ) -> None:
        self.ahead_s = ahead_s
        self._command = tuple(command)
        self._clock = clock or MonotonicClock()

    @asynccontextmanager
    async def opened(self, rate: int) -> AsyncIterator[_ProgramLine]:
        """The program, once it has begun to read; left before it is finished, it is ended."""
        reads, writes = os.pipe()
        os.set_blocking(writes, False)
        try:
            process = await _start(self._command, reads, _ROLE)
        except BaseException:
            os.close(writes)
            raise
        finally:
            os.close(reads)
        line = _ProgramLine(self._command[0], process, writes, self._clock)
        try:
            await line.begin(endless_header(rate))
            yield line
        finally:
            line.close()
            await _end(process)


class _ProgramLine:
    """A `Line` into a program's standard input.

    That is a pipe of our own: how much of what was sent is not read yet can be seen.
    """

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, pipe: int, clock: Clock
    ) -> None:
        self._name = name
        self._process = process
        self._pipe: int | None = pipe
        self._clock = clock

    async def begin(self, header: bytes) -> None:
        """Send the header, and wait until it was read: from then on the program is ready."""
        waited_s = 0.0
        await self._send(header)
        while self._unread():
            waited_s += _LOOK_S
            if waited_s > _START_S:
                raise ReplyError(f"{self._name} does not read what it is to play")
            if self._process.returncode is not None:
                raise await self._failed()
            await self._clock.sleep(_LOOK_S)

    async def write(self, samples: NDArray[np.int16]) -> None:
        """Send int16 [n]; raises `ReplyError`."""
        await self._send(samples.astype("<i2").tobytes())

    async def finish(self) -> None:
        """Wait until the program has played all, and ended; raises `ReplyError`."""
        self.close()
        try:
            async with asyncio.timeout(_START_S):
                await self._process.wait()
        except TimeoutError:
            raise ReplyError(f"{self._name} does not come to an end") from None
        if self._process.returncode:
            raise await self._failed()

    def close(self) -> None:
        """No more is to be played."""
        if self._pipe is not None:
            os.close(self._pipe)
        self._pipe = None

    async def _send(self, data: bytes) -> None:
        waited_s = 0.0
        while data and self._pipe is not None:
            try:
                data = data[os.write(self._pipe, data) :]
            except BlockingIOError:
                waited_s += _LOOK_S
                if waited_s > _START_S:
                    raise ReplyError(f"{self._name} does not play what it is sent") from None
                await self._clock.sleep(_LOOK_S)
            except BrokenPipeError:
                raise await self._failed() from None

    def _unread(self) -> int:
        """Bytes that lie in the pipe."""
        if self._pipe is None:
            return 0
        (count,) = struct.unpack("i", fcntl.ioctl(self._pipe, termios.FIONREAD, b"\0" * 4))
        return int(count)

    async def _failed(self) -> ReplyError:
        """Why the program has ended."""
        complaint = await self._process.stderr.read() if self._process.stderr else b""
        return ReplyError(f"{self._name} failed: {_last_line(complaint)}")


_ROLE = {"PULSE_PROP_media.role": OWN_ROLE}


async def _start(
    command: Sequence[str], stdin: int, more: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start a program; raises `ReplyError`."""
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | (more or {}),
        )
    except OSError as error:
        raise ReplyError(f"{command[0]} cannot be started: {error.strerror}") from None


async def _run(
    command: Sequence[str], sent: bytes, limit_s: float, more: Mapping[str, str] | None = None
) -> bytes:
    """What a program answers to what it is sent; it never outlives this call."""
    process = await _start(command, asyncio.subprocess.PIPE, more)
    try:
        async with asyncio.timeout(limit_s):
            answer, complaint = await process.communicate(sent)
    except TimeoutError:
        raise ReplyError(f"{command[0]} took longer than {limit_s:.0f} s") from None
    finally:
        await _end(process)
    if process.returncode:
        raise ReplyError(f"{command[0]} failed: {_last_line(complaint)}")
    return answer


def _last_line(complaint: bytes) -> str:
    lines = complaint.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it does not say why"


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
