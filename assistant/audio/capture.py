"""What captures audio from a device: the seam between the microphone and a sound library."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.errors import HearthError

Samples = NDArray[np.float32]
"""float32 [n, channels], -1 ... 1."""


@dataclass(frozen=True, slots=True)
class InputDevice:
    """Something that audio can be captured from."""

    index: int
    name: str
    channels: int
    """The most channels that it gives."""
    rate: int
    """Its own sample rate in Hz."""
    default: bool = False


class DeviceError(HearthError):
    """A device cannot be opened; the message says why in a few words."""


class Inbox:
    """Where a capture thread leaves audio and the event loop takes it.

    Bounded: when the loop does not keep up, the oldest audio is dropped and counted.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, capacity: int) -> None:
        self._loop = loop
        self._blocks: deque[Samples] = deque()
        self._lock = threading.Lock()
        self._filled = asyncio.Event()
        self._capacity = capacity
        self.received = 0
        """Blocks that the device gave so far."""
        self.dropped = 0
        """Blocks dropped here because nobody took them."""
        self.overruns = 0
        """Times that the device itself lost audio."""
        self.lost = ""
        """Why no more audio comes; empty while it does."""

    def waiting(self) -> int:
        """Samples, of each channel, that nobody has taken yet; from any thread."""
        with self._lock:
            return sum(len(block) for block in self._blocks)

    def put(self, samples: Samples, *, overrun: bool = False) -> None:
        """Add a block; from any thread."""
        with self._lock:
            self.received += 1
            self.overruns += overrun
            self._blocks.append(samples)
            while len(self._blocks) > self._capacity:
                self._blocks.popleft()
                self.dropped += 1
        self._wake()

    def lose(self, reason: str) -> None:
        """No more audio will come; from any thread."""
        self.lost = self.lost or reason
        self._wake()

    async def take(self) -> Samples | None:
        """The oldest block; `None` once the device is lost and all was taken."""
        while True:
            with self._lock:
                if self._blocks:
                    return self._blocks.popleft()
                self._filled.clear()
            if self.lost:
                return None
            await self._filled.wait()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._filled.set)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more


class Capture(Protocol):
    """A device that is open."""

    rate: int
    channels: int

    def alive(self) -> bool:
        """Whether the device still captures."""

    def close(self) -> None:
        """Let the device go; may block for a moment."""


class Driver(Protocol):
    """A sound library. Its calls may block: make them in a thread."""

    def devices(self) -> Sequence[InputDevice]:
        """The input devices that there are now."""

    def open(self, device: InputDevice, channels: int, inbox: Inbox) -> Capture:
        """Capture from a device into the inbox; raises `DeviceError`."""
