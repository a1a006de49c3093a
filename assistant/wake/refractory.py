"""The refractory period: one spoken wake word wakes once."""

from __future__ import annotations

from assistant.audio.source import SAMPLE_RATE, Frame
from assistant.wake.detector import Wake, WakeDetector


class Refractory:
    """Wraps a detector: for `refractory_s` of audio after a wake, further ones are dropped."""

    def __init__(self, detector: WakeDetector, refractory_s: float) -> None:
        self._detector = detector
        self._period = round(refractory_s * SAMPLE_RATE)
        self._left = 0

    def process(self, frame: Frame) -> Wake | None:
        """Take 10 ms of audio; a wake word, unless one was reported just before."""
        wake = self._detector.process(frame)
        if self._left > 0:
            self._left -= frame.size
            return None
        if wake is not None:
            self._left = self._period
        return wake

    def reset(self) -> None:
        """Forget the audio heard so far, and the wakes in it."""
        self._detector.reset()
        self._left = 0
