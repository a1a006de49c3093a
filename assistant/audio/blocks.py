"""Frames of a source, taken in blocks of a few, and where each block lies in the audio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, AudioSource, Frame


@dataclass(frozen=True, slots=True)
class Block:
    """Some frames in a row: int16 [frames * 160], and the position of their first sample."""

    samples: NDArray[np.int16]
    start: int

    @property
    def end(self) -> int:
        """Position after the last sample."""
        return self.start + self.samples.size

    def frames(self) -> list[tuple[Frame, float]]:
        """Each frame with the second at which it ends."""
        return [
            (self.samples[at : at + FRAME_SAMPLES], seconds(self.start + at + FRAME_SAMPLES))
            for at in range(0, self.samples.size, FRAME_SAMPLES)
        ]


def seconds(samples: int) -> float:
    """Position in the audio as seconds."""
    return samples / SAMPLE_RATE


class Blocks:
    """Reads a source block by block, so that each decision falls on a fixed place in the audio."""

    def __init__(self, source: AudioSource) -> None:
        self._frames: AsyncIterator[Frame] = source.frames()
        self.position = 0
        """Samples read so far."""

    async def next(self, frames: int) -> Block | None:
        """The next block of up to so many frames; `None` at the end. Raises `AudioError`.

        Blocks end at multiples of their length in the audio, whatever was read before.
        """
        taken: list[Frame] = []
        frames -= self.position // FRAME_SAMPLES % frames
        while len(taken) < frames and (frame := await anext(self._frames, None)) is not None:
            taken.append(frame)
        if not taken:
            return None
        block = Block(np.concatenate(taken), self.position)
        self.position = block.end
        return block
