"""Where audio comes from: the `AudioSource` Protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.errors import HearthError

SAMPLE_RATE: Final = 16_000
"""Samples a second, everywhere."""
FRAME_SAMPLES: Final = 160
"""10 ms."""

Frame = NDArray[np.int16]
"""One frame: int16 [160], mono at 16 kHz."""


class AudioError(HearthError):
    """Audio cannot be had from a source; the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoAudioLibraryError(AudioError):
    """What captures is not installed: trying again would not mend it."""

    exit_status = 2

    def __init__(self, message: str) -> None:
        super().__init__("audio_library", message)


class AudioSource(Protocol):
    """A stream of audio with a name. The last frame of a finite source is padded with zeros."""

    name: str

    def frames(self) -> AsyncIterator[Frame]:
        """The frames, in order; raises `AudioError`. Ends when the audio ends."""
