"""What opens an utterance: a wake word, or speech itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from assistant.asr.endpoint import SpeechTracker
from assistant.audio.vad import VoiceActivity
from assistant.blocks import Block
from assistant.wake.detector import Wake, WakeDetector


@dataclass(frozen=True, slots=True)
class Opening:
    """An utterance begins. Times are seconds of the stream's audio."""

    at_s: float
    """Where it was noticed."""
    hear_from_s: float
    """Where the audio begins that the recogniser should hear."""
    listen_from_s: float
    """Where her command can begin at the earliest."""
    wake: Wake | None = None


class Opener(Protocol):
    """Waits for an utterance. Its work is heavy: call it in the worker."""

    idle_frames: int
    """How many frames to hear at once while waiting."""

    def hear(self, block: Block) -> Opening | None:
        """Take the next block of audio; the opening that was completed in it, if any."""

    def reset(self) -> None:
        """Start anew after an utterance."""


class WakeOpener:
    """Opens at a wake word.

    The recogniser hears from a little before the place where the word was detected, which lies
    within some 0.1 s of the word's end, so a command said straight through loses nothing.
    """

    idle_frames = 4

    def __init__(self, detector: WakeDetector, pre_roll_s: float) -> None:
        self._detector = detector
        self._pre_roll_s = pre_roll_s

    def hear(self, block: Block) -> Opening | None:
        """Take the next block; the first wake word in it."""
        for frame, end_s in block.frames():
            if wake := self._detector.process(frame):
                return Opening(end_s, max(0.0, end_s - self._pre_roll_s), end_s, wake)
        return None

    def reset(self) -> None:
        """Forget the audio heard so far."""
        self._detector.reset()


class SpeechOpener:
    """Opens when someone speaks; the recogniser hears from somewhat before that."""

    idle_frames = 4

    def __init__(self, voice: VoiceActivity, lead_s: float = 0.3) -> None:
        self._voice = voice
        self._lead_s = lead_s
        self._speech = SpeechTracker()

    def hear(self, block: Block) -> Opening | None:
        """Take the next block; the first speech that is certain in it."""
        for frame, end_s in block.frames():
            if self._speech.step(self._voice.process(frame), end_s):
                start_s = max(0.0, (self._speech.speech_start_s or 0.0) - self._lead_s)
                return Opening(end_s, start_s, start_s)
        return None

    def reset(self) -> None:
        """Forget the audio heard so far."""
        self._voice.reset()
        self._speech = SpeechTracker()


class GuardedOpener:
    """Leaves out what opens where Hearth itself is heard: at the seconds that `covers` names."""

    def __init__(self, opener: Opener, covers: Callable[[float], bool]) -> None:
        self.idle_frames = opener.idle_frames
        self._opener = opener
        self._covers = covers

    def hear(self, block: Block) -> Opening | None:
        """Take the next block; an opening that is not Hearth's own doing."""
        opening = self._opener.hear(block)
        return None if opening is not None and self._covers(opening.at_s) else opening

    def reset(self) -> None:
        """Start anew after an utterance."""
        self._opener.reset()
