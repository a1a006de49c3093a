"""Raw PCM on standard input, or on any other binary stream."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator
from typing import BinaryIO

import numpy as np

from assistant.audio.frames import Framer
from assistant.audio.source import FRAME_SAMPLES, AudioError, Frame

READ_BYTES = 20 * FRAME_SAMPLES * 2
"""At most 200 ms at a time."""
CONTAINERS = {b"RIFF": "WAV", b"fLaC": "FLAC", b"OggS": "Ogg", b"FORM": "AIFF"}
"""First bytes of what is not raw PCM, though people send it."""

_LOG = logging.getLogger(__name__)


class PcmSource:
    """16 kHz mono, signed 16-bit, little-endian, no header."""

    def __init__(self, stream: BinaryIO | None = None, name: str = "-") -> None:
        self.name = name
        self._stream = stream or sys.stdin.buffer

    async def frames(self) -> AsyncIterator[Frame]:
        """The audio until the stream ends; raises `AudioError` if it held none."""
        framer = Framer()
        _refuse_keyboard(self._stream)
        held = await _read(self._stream)
        if not held:
            message = "no audio on standard input; send raw 16 kHz 16-bit mono PCM"
            raise AudioError("audio_empty", message)
        _refuse_container(held)
        while True:
            whole = len(held) & ~1
            for frame in framer.cut(np.frombuffer(held[:whole], "<i2").astype(np.int16)):
                yield frame
            if not (more := await _read(self._stream)):
                break
            held = held[whole:] + more
        if len(held) % 2:
            _LOG.warning("the audio on %s ends in half a sample; is it 16-bit PCM?", self.name)
        for frame in framer.flush():
            yield frame


async def _read(stream: BinaryIO) -> bytes:
    """Up to `READ_BYTES`, at least one unless the stream has ended.

    A pipe is waited for by the event loop rather than in a thread: a thread that is stuck in
    `read` could not be ended, and would hold up the shutdown.
    """
    try:
        descriptor = stream.fileno()
    except OSError:
        return stream.read(READ_BYTES)
    if await _readable(descriptor):
        return os.read(descriptor, READ_BYTES)
    return await asyncio.to_thread(os.read, descriptor, READ_BYTES)


async def _readable(descriptor: int) -> bool:
    """Wait for data or the end; false for a regular file, which is always ready."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except PermissionError:
        return False
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
    return True


def _refuse_keyboard(stream: BinaryIO) -> None:
    if stream.isatty():
        message = "standard input is a keyboard; pipe raw 16 kHz 16-bit mono PCM into it"
        raise AudioError("audio_format", message)


def _refuse_container(first: bytes) -> None:
    if kind := CONTAINERS.get(first[:4]):
        message = f"standard input holds a {kind} file, not raw PCM; save it and give its name"
        raise AudioError("audio_format", message)
