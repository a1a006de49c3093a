"""What opens an utterance: a wake word, or speech itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from assistant.asr.result import RecognitionResult
from assistant.audio.blocks import Block
from assistant.audio.vad import VoiceActivity
from assistant.endpointing.speech_tracker import SpeechTracker
from assistant.wake.detector import Wake, WakeDetector


class FollowUp(StrEnum):
    """Why speech counts without the wake word."""

    ANSWER = "answer"
    """Something was asked."""
    MORE = "more"
    """A reply was given just now."""
    INTERRUPTION = "interruption"
    """It is said while Hearth speaks."""
    OVERHEARD = "overheard"
    """Anything may be meant for it."""


@dataclass(frozen=True, slots=True)
class Activation:
    """An utterance begins. Times are seconds of the stream's audio."""

    at_s: float
    """Where it was noticed."""
    hear_from_s: float
    """Where the audio begins that belongs to it, the wake word included."""
    listen_from_s: float
    """Where the command can begin at the earliest."""
    wake: Wake | None = None
    stop: RecognitionResult | None = None
    """The word that it consists of, where it only stops what sounds; it is over then."""
    follow_up: FollowUp | None = None
    """Why it counts, where it needed no wake word."""
    since_reply_s: float | None = None
    """How long after the end of a reply it begins, where it follows one."""


class Trigger(Protocol):
    """Waits for an utterance. Its work is heavy: call it in the worker."""

    @property
    def idle_frames(self) -> int:
        """How many frames to hear at once while waiting."""

    def hear(self, block: Block) -> Activation | None:
        """Take the next block of audio; the activation that was completed in it, if any."""

    def overhear(self, block: Block) -> Activation | None:
        """Take the next block of an utterance; what opens another one in its midst, if anything."""

    def reset(self, spoken_until_s: float) -> None:
        """The utterance is over, and what was said until then belongs to it."""


class WakeTrigger:
    """Opens at a wake word, said to nobody or in the midst of an utterance."""

    idle_frames = 4

    def __init__(self, detector: WakeDetector, pre_roll_s: float) -> None:
        self._detector = detector
        self._pre_roll_s = pre_roll_s

    def hear(self, block: Block) -> Activation | None:
        """Take the next block; the first wake word in it."""
        wakes = [(end_s, self._detector.process(frame)) for frame, end_s in block.frames()]
        for end_s, wake in wakes:
            if wake is not None:
                return Activation(end_s, max(0.0, end_s - self._pre_roll_s), end_s, wake)
        return None

    def overhear(self, block: Block) -> Activation | None:
        """Take the next block; a wake word counts in an utterance, too."""
        return self.hear(block)

    def reset(self, spoken_until_s: float) -> None:
        """Nothing: a wake word may have begun before the utterance was over."""


class SpeechTrigger:
    """Opens when someone speaks; the recogniser hears from somewhat before that.

    `follow_up` is why it counts, where that is in doubt.
    """

    idle_frames = 4

    def __init__(
        self, voice: VoiceActivity, lead_s: float = 0.3, follow_up: FollowUp | None = None
    ) -> None:
        self._voice = voice
        self._follow_up = follow_up
        self._lead_s = lead_s
        self._speech = SpeechTracker()
        self._from_s = 0.0

    def hear(self, block: Block) -> Activation | None:
        """Take the next block; the first speech that is certain in it."""
        voice = [(end_s, self._voice.process(frame)) for frame, end_s in block.frames()]
        for end_s, probability in voice:
            if self._speech.step(probability, end_s):
                start_s = (self._speech.speech_start_s or 0.0) - self._lead_s
                start_s = max(self._from_s, start_s)
                return Activation(end_s, start_s, start_s, follow_up=self._follow_up)
        return None

    def overhear(self, block: Block) -> Activation | None:
        """Take the next block; whoever speaks in it belongs to the utterance."""
        for frame, _ in block.frames():
            self._voice.process(frame)
        return None

    def reset(self, spoken_until_s: float) -> None:
        """Hear nothing twice."""
        self._from_s = spoken_until_s
        self._speech = SpeechTracker()


class GuardedTrigger:
    """Leaves out what opens where Hearth itself is heard: at the seconds that `covers` names."""

    def __init__(self, trigger: Trigger, covers: Callable[[float], bool]) -> None:
        self.idle_frames = trigger.idle_frames
        self._trigger = trigger
        self._covers = covers

    def hear(self, block: Block) -> Activation | None:
        """Take the next block; an activation that is not Hearth's own doing."""
        return self._unless_own(self._trigger.hear(block))

    def overhear(self, block: Block) -> Activation | None:
        """Take the next block of an utterance; an activation that is not Hearth's own doing."""
        return self._unless_own(self._trigger.overhear(block))

    def reset(self, spoken_until_s: float) -> None:
        """The utterance is over."""
        self._trigger.reset(spoken_until_s)

    def _unless_own(self, activation: Activation | None) -> Activation | None:
        return None if activation is not None and self._covers(activation.at_s) else activation
