"""Samples of any length, cut into frames of 10 ms, and frames given at the pace of speech."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
from numpy.typing import NDArray

from assistant.audio.clock import Clock
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, Frame


class Framer:
    """Cuts a stream of samples into frames; what is left over waits for the next samples."""

    def __init__(self) -> None:
        self._rest = np.empty(0, np.int16)

    def cut(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take int16 [n]; the frames that are whole now, int16 [frames, 160]."""
        waiting = np.concatenate((self._rest, samples)) if self._rest.size else samples
        whole = waiting.size - waiting.size % FRAME_SAMPLES
        self._rest = waiting[whole:].copy()
        return waiting[:whole].reshape(-1, FRAME_SAMPLES)

    def flush(self) -> NDArray[np.int16]:
        """What is left at the end, padded with zeros: int16 [0 or 1, 160]."""
        if not self._rest.size:
            return np.empty((0, FRAME_SAMPLES), np.int16)
        last = np.zeros((1, FRAME_SAMPLES), np.int16)
        last[0, : self._rest.size] = self._rest
        self._rest = self._rest[:0]
        return last


async def paced(frames: AsyncIterator[Frame], clock: Clock) -> AsyncIterator[Frame]:
    """The same frames, each given when its last sample would have been spoken."""
    start_s = clock.now()
    samples = 0
    async for frame in frames:
        samples += frame.size
        wait_s = start_s + samples / SAMPLE_RATE - clock.now()
        if wait_s > 0:
            await clock.sleep(wait_s)
        yield frame
