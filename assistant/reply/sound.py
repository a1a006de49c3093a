"""A sound that can be played."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
import soundfile
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono audio: `samples` int16 [n] at `rate` Hz."""

    samples: NDArray[np.int16]
    rate: int

    @property
    def length_s(self) -> float:
        """How long it lasts."""
        return self.samples.size / self.rate

    def wav(self) -> bytes:
        """As a wave file."""
        file = io.BytesIO()
        soundfile.write(file, self.samples, self.rate, format="WAV", subtype="PCM_16")
        return file.getvalue()

    @classmethod
    def from_wav(cls, wav: bytes) -> Sound:
        """A wave file, of several channels the first; raises `ValueError`."""
        try:
            samples, rate = soundfile.read(io.BytesIO(wav), dtype="int16", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise ValueError(f"this is no wave file: {error}") from None
        return cls(np.ascontiguousarray(samples[:, 0]), rate)


def endless_header(rate: int) -> bytes:
    """The beginning of a wave file of mono int16 whose length is not known yet.

    Programs that read it from a pipe read to the pipe's end; both lengths are the largest that a
    reader may take for signed.
    """
    most = 0x7FFFFFFF
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    data = struct.pack("<4sI", b"data", most - 36)
    return struct.pack("<4sI4s", b"RIFF", most, b"WAVE") + form + data
