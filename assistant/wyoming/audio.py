"""Audio as clients send it, whatever its rate, width and channels, as 16 kHz mono int16."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from wyoming.audio import AudioChunk

from assistant.audio.resample import Resampler

_WIDTHS = range(1, 5)
"""Bytes of a sample; those of one are unsigned, the others signed, the least byte first."""
_CHANNELS = range(1, 17)
_RATES = range(4_000, 384_001)
_SILENT_BYTE = 128


class ChunkReader:
    """Reads streams of chunks; raises `ValueError` for chunks that cannot be audio."""

    def __init__(self) -> None:
        self._form: tuple[int, int, int] | None = None
        self._resampler: Resampler | None = None
        self._rest = b""
        """The beginning of a sample whose end is in the next chunk."""

    def read(self, chunk: AudioChunk) -> NDArray[np.int16]:
        """The samples that a chunk completes, int16 [n]."""
        form = (chunk.rate, chunk.width, chunk.channels)
        if self._resampler is None or form != self._form:
            self._rest = b""
            self._resampler = _resampler(*form)
            self._form = form
        waiting = self._rest + chunk.audio
        whole = len(waiting) - len(waiting) % (chunk.width * chunk.channels)
        self._rest = waiting[whole:]
        samples = _scaled(waiting[:whole], chunk.width).reshape(-1, chunk.channels)
        return self._resampler.convert(samples)

    def end(self) -> NDArray[np.int16]:
        """The stream is over: what was held back of it, int16 [n]. Another may follow."""
        resampler, self._resampler = self._resampler, None
        if resampler is None:
            return np.empty(0, np.int16)
        return resampler.convert(np.empty((0, 1), np.float32), last=True)


def _resampler(rate: int, width: int, channels: int) -> Resampler:
    if width not in _WIDTHS or channels not in _CHANNELS or rate not in _RATES:
        raise ValueError(
            f"audio of {rate} Hz, {width} bytes and {channels} channels cannot be read; "
            "send 16000 Hz, 2 bytes, 1 channel"
        )
    return Resampler(rate, channels)


def _scaled(audio: bytes, width: int) -> NDArray[np.float32]:
    """Integers of any width to float32 within -1 ... 1; 8-bit audio has its zero at 128."""
    each: NDArray[np.uint8] = np.frombuffer(audio, np.uint8).reshape(-1, width)
    if width == 1:
        each = each ^ np.uint8(_SILENT_BYTE)
    # In the upper bytes of 32 bits every width is the same fraction of full scale.
    wide = np.zeros((len(each), 4), np.uint8)
    wide[:, 4 - width :] = each
    floats: NDArray[np.float32] = wide.view("<i4")[:, 0].astype(np.float32)
    floats /= np.float32(1 << 31)
    return floats
