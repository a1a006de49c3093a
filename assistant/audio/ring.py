"""The pre-roll ring: the last seconds of audio, so that nothing said early is lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE


class PreRoll:
    """Keeps the newest `capacity_s` of audio; positions count samples since the stream began."""

    def __init__(self, capacity_s: float) -> None:
        self._ring = np.zeros(max(1, round(capacity_s * SAMPLE_RATE)), np.int16)
        self._end = 0

    @property
    def end(self) -> int:
        """Position after the newest sample."""
        return self._end

    @property
    def start(self) -> int:
        """Position of the oldest sample that is still kept."""
        return max(0, self._end - self._ring.size)

    def append(self, samples: NDArray[np.int16]) -> None:
        """Add int16 [n]; the oldest samples make room."""
        self._end += samples.size
        kept = samples[-self._ring.size :]
        at = (self._end - kept.size) % self._ring.size
        first = kept[: self._ring.size - at]
        self._ring[at : at + first.size] = first
        self._ring[: kept.size - first.size] = kept[first.size :]

    def since(self, sample: int) -> NDArray[np.int16]:
        """A copy of what is kept from position `sample` on: int16 [<= capacity], maybe empty."""
        begin = min(max(sample, self.start), self._end)
        length = self._end - begin
        at = begin % self._ring.size
        first = self._ring[at : at + length]
        return np.concatenate((first, self._ring[: length - first.size]))
