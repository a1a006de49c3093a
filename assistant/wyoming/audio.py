"""Audio as clients send it, whatever its rate, width and channels, as 16 kHz mono int16."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wyoming.audio import AudioChunk

from assistant.audio.resample import Resampler

_WIDTHS: Mapping[int, np.dtype[Any]] = {
    1: np.dtype("u1"),
    2: np.dtype("<i2"),
    4: np.dtype("<i4"),
}
_CHANNELS = range(1, 17)
_RATES = range(4_000, 384_001)


class ChunkReader:
    """Reads one stream of chunks; raises `ValueError` for chunks that cannot be audio."""

    def __init__(self) -> None:
        self._form: tuple[int, int, int] | None = None
        self._resampler: Resampler | None = None

    def read(self, chunk: AudioChunk) -> NDArray[np.int16]:
        """The samples of a chunk, int16 [n]."""
        form = (chunk.rate, chunk.width, chunk.channels)
        if self._resampler is None or form != self._form:
            self._resampler = self._begin(*form)
            self._form = form
        kind = _WIDTHS[chunk.width]
        step = kind.itemsize * chunk.channels
        whole = len(chunk.audio) // step * step
        samples = np.frombuffer(chunk.audio[:whole], kind).reshape(-1, chunk.channels)
        return self._resampler.convert(_scaled(samples))

    def _begin(self, rate: int, width: int, channels: int) -> Resampler:
        if width not in _WIDTHS or channels not in _CHANNELS or rate not in _RATES:
            raise ValueError(
                f"audio of {rate} Hz, {width} bytes and {channels} channels cannot be read"
            )
        return Resampler(rate, channels)


def _scaled(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Integers of any width to float32 within -1 ... 1; 8-bit audio has its zero at 128."""
    if samples.dtype == np.uint8:
        samples = samples.astype(np.int16) - 128
        scale = 128.0
    else:
        scale = float(1 << (8 * samples.dtype.itemsize - 1))
    floats: NDArray[np.float32] = samples.astype(np.float32)
    floats /= np.float32(scale)
    return floats
