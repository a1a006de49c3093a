"""The refractory period: one spoken wake word wakes once."""

from __future__ import annotations

from assistant.audio.source import SAMPLE_RATE, Frame
from assistant.wake.detector import Wake, WakeDetector

SHORTEST_WORD_S = 0.4
"""Nobody says a wake word faster."""


class Refractory:
    """Wraps a detector: for `refractory_s` of audio after a wake, the same word is dropped.

    Another word may follow sooner, but no sooner than it can be said.
    """

    def __init__(self, detector: WakeDetector, refractory_s: float) -> None:
        self._detector = detector
        self._period = round(refractory_s * SAMPLE_RATE)
        self._any_period = min(self._period, round(SHORTEST_WORD_S * SAMPLE_RATE))
        self._word = ""
        self._since = self._period

    def process(self, frame: Frame) -> Wake | None:
        """Take 10 ms of audio; a wake word, unless it was reported just before."""
        wake = self._detector.process(frame)
        self._since += frame.size
        if wake is None:
            return None
        if self._since <= (self._period if wake.word == self._word else self._any_period):
            return None
        self._word, self._since = wake.word, 0
        return wake

    def reset(self) -> None:
        """Forget the audio heard so far, and the wakes in it."""
        self._detector.reset()
        self._word, self._since = "", self._period
