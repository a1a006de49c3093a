"""Voices and players that are programs of their own: what they do wrong stays there.

A program is started with a list of arguments, never through a shell, and text only reaches it on
standard input, so nothing that was heard can become an option or a command.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping, Sequence

from assistant.reply.sound import Sound
from assistant.reply.voice import ReplyError

OWN_ROLE = "assistant"
"""The role of our sounds, by which the sound server can tell them from others."""
_SPEAK_S = 20.0
"""A voice that takes longer, on any board, hangs."""
_START_S = 10.0
"""A player may take so long beyond the sound itself: Bluetooth speakers wake up slowly."""


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
        role = {"PULSE_PROP_media.role": OWN_ROLE}
        await _run(self._command, sound.wav(), sound.length_s + _START_S, role)


async def _run(
    command: Sequence[str], sent: bytes, limit_s: float, more: Mapping[str, str] | None = None
) -> bytes:
    """What a program answers to what it is sent; it never outlives this call."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | (more or {}),
        )
    except OSError as error:
        raise ReplyError(f"{command[0]} cannot be started: {error.strerror}") from None
    try:
        async with asyncio.timeout(limit_s):
            answer, complaint = await process.communicate(sent)
    except TimeoutError:
        raise ReplyError(f"{command[0]} took longer than {limit_s:.0f} s") from None
    finally:
        await _end(process)
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise ReplyError(f"{command[0]} failed: {lines[-1] if lines else 'it does not say why'}")
    return answer


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
