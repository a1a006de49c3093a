"""Any rate and any number of channels to 16 kHz mono, as a stream."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE, AudioError

MIX_CHANNELS = 2
"""Up to this many channels are averaged; of more, the first is taken: microphone arrays put their
processed signal there, and what the loudspeaker plays into one of the others."""


class Resampler:
    """Converts blocks of one stream; the last block must be marked."""

    def __init__(self, rate: int, channels: int) -> None:
        self._mix = channels <= MIX_CHANNELS
        self._stream = None if rate == SAMPLE_RATE else _stream(rate)

    def convert(self, block: NDArray[np.float32], *, last: bool = False) -> NDArray[np.int16]:
        """float32 [n, channels] within -1 ... 1 to int16 [m]; soxr holds back some until `last`."""
        mono = block.mean(axis=1) if self._mix else block[:, 0]
        mono = np.nan_to_num(mono, posinf=1.0, neginf=-1.0)
        if self._stream is not None:
            mono = self._stream.resample_chunk(mono, last=last)
        samples: NDArray[np.int16] = np.clip(np.rint(mono * 32768.0), -32768, 32767).astype(
            np.int16
        )
        return samples


def _stream(rate: int) -> soxr.ResampleStream:
    try:
        return soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")
    except (ValueError, RuntimeError) as error:
        raise AudioError("audio_rate", f"cannot resample audio of {rate} Hz: {error}") from None
