"""Whispers where somebody speaks: noise and silence alone are neither whispered nor aloud."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from assistant.audio.frames import Framer
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE
from assistant.audio.vad import VoiceActivity
from assistant.endpointing.speech_tracker import SpeechTracker
from assistant.whispering.detector import WhisperDetector, WhisperStream


class WhereSpoken:
    """Implements `WhisperDetector` for streams whose speech nobody else has looked for.

    `voice` makes what looks for it, one for each stream. The same rule as for a command's events.
    """

    def __init__(self, detector: WhisperDetector, voice: Callable[[], VoiceActivity]) -> None:
        self._detector = detector
        self._voice = voice

    def open(self) -> WhisperStream:
        """For a new utterance."""
        return _WhereSpokenStream(self._detector.open(), self._voice())


class _WhereSpokenStream:
    def __init__(self, stream: WhisperStream, voice: VoiceActivity) -> None:
        self._stream = stream
        self._voice = voice
        self._framer = Framer()
        self._speech = SpeechTracker()
        self._frames = 0

    def accept(self, samples: NDArray[np.int16]) -> None:
        """Hear int16 [n] at 16 kHz; once there was speech, it is not looked for any more."""
        self._stream.accept(samples)
        if self._speech.speech_start_s is not None:
            return
        for frame in self._framer.cut(samples):
            self._frames += 1
            end_s = self._frames * FRAME_SAMPLES / SAMPLE_RATE
            self._speech.step(self._voice.process(frame), end_s)

    def probability(self) -> float | None:
        """That what was heard so far is whispered; `None` where nobody spoke."""
        return None if self._speech.speech_start_s is None else self._stream.probability()
