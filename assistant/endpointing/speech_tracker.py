"""From probabilities of speech, frame by frame, to where speech began and ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class SpeechTracker:
    """Where speech began and ended, from voice activity, with hysteresis.

    Speech starts after `start_s` of frames above `on`; it goes on while frames are above `off`.
    Positions are seconds of the stream's audio.
    """

    on: float = 0.5
    off: float = 0.35
    start_s: float = 0.06
    speech_start_s: float | None = None
    speech_end_s: float = 0.0
    _rising_s: float = 0.0
    _speaking: bool = False

    def step(self, probability: float, end_s: float, frame_s: float = 0.01) -> bool:
        """Take a frame that ends at `end_s`; whether it made a stretch of speech certain."""
        above = probability >= (self.off if self._speaking else self.on)
        self._rising_s = self._rising_s + frame_s if above else 0.0
        began = above and not self._speaking and self._rising_s >= self.start_s - 1e-9
        self._speaking = above and (self._speaking or began)
        if began and self.speech_start_s is None:
            self.speech_start_s = round(end_s - self._rising_s, 6)
        if self._speaking:
            self.speech_end_s = end_s
        return began

    def silence_s(self, now_s: float) -> float:
        """Length of the pause that lasts until `now_s`; 0 before any speech."""
        return 0.0 if self.speech_start_s is None else round(now_s - self.speech_end_s, 6)

    def spoken_s(self, now_s: float) -> float:
        """Time since the first speech; 0 before any."""
        return 0.0 if self.speech_start_s is None else round(now_s - self.speech_start_s, 6)
