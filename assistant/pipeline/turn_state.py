"""What is known of an utterance so far: voice, words, and when to look at the words again."""

from __future__ import annotations

import math
from bisect import insort
from dataclasses import dataclass

from assistant.asr.result import RecognitionResult
from assistant.endpointing.completeness import Completeness
from assistant.endpointing.endpointer import EndpointFeatures
from assistant.endpointing.speech_tracker import SpeechTracker
from assistant.pipeline.foreground import SMOOTH_FRAMES, SYLLABLE_FRAMES, Foreground
from assistant.pipeline.listener import Observation

LOOK_EVERY_S = 0.1
"""In a pause the recogniser is asked this often for its view of all samples heard."""


FADES_S = 0.35
"""A word may go on so long after it has become quiet."""
FRAME_S = 0.01
QUIET = 0.1
"""Share of the frames that are taken for noise."""
WORD_LATE_S = 0.25
"""A word may be written so long after it was said."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud somebody speaks, in decibels; `None` where they do not."""

    level_db: float | None = None
    """Of a mean square of 1."""
    over_noise_db: float | None = None

    def above_db(self, other: Loudness) -> float | None:
        """How much louder it is than another; `None` where that is not known."""
        if self.level_db is None or other.level_db is None:
            return None
        return self.level_db - other.level_db


class TurnState:
    """Follows one utterance. Audio that ends by `start_s` does not count as its speech.

    `foreground` tells the user's voice from others; `patience` goes into the features.
    """

    def __init__(
        self, start_s: float, foreground: Foreground | None = None, patience: float = 1.0
    ) -> None:
        self._start_s = start_s
        self._patience = patience
        self.pauses_s: list[float] = []
        """How long the user has paused, each time that they went on."""
        self.now_s = start_s
        self.speech = SpeechTracker()
        self.result: RecognitionResult | None = None
        self.completeness = Completeness.INCOMPLETE
        self._look_s = LOOK_EVERY_S
        self._foreground = foreground or Foreground()
        self._powers: list[float] = []
        """Of all frames, in the order of their size."""
        self._own_frames = 0
        """How much of the speech is the user's."""
        self._own_s = start_s
        self._others_s = 0.0
        """Where another voice was heard last."""
        self._words_s = start_s
        """Where the words changed last."""

    @property
    def text(self) -> str:
        """The words so far."""
        return self.result.text if self.result else ""

    @property
    def speech_end_s(self) -> float | None:
        """Where the last speech ended; `None` before any."""
        return None if self.speech.speech_start_s is None else self.speech.speech_end_s

    @property
    def speaking(self) -> bool:
        """Whether there is speech now."""
        return self.speech_end_s is not None and self.speech.silence_s(self.now_s) == 0.0

    @property
    def loudness(self) -> Loudness:
        """How loud the user's speech is so far."""
        level_db = self._foreground.own_db
        if level_db is None or self.speech_end_s is None:
            return Loudness()
        quiet = self._powers[int(QUIET * len(self._powers))]
        return Loudness(level_db, max(0.0, level_db - 10 * math.log10(quiet + 1.0)))

    @property
    def words_until_s(self) -> float:
        """Words that begin later are not the user's: another voice is heard since theirs ended."""
        end_s = self.speech_end_s
        if end_s is None or not self._speaks or self._others_s <= end_s:
            return math.inf
        return end_s + WORD_LATE_S

    @property
    def _speaks(self) -> bool:
        """Whether the user was heard for longer than a loud sound lasts."""
        return self._own_frames > SYLLABLE_FRAMES + SMOOTH_FRAMES

    def follow(self, observed: Observation) -> int:
        """Take a block in; how many stretches of speech became certain in it."""
        if observed.result.text != self.text:
            self._words_s = observed.end_s
        self.now_s = observed.end_s
        self.result = observed.result
        began = sum(self._step(*frame) for frame in observed.voice)
        if self.text and not self._speaks:
            self._foreground.forget()  # What is understood is theirs, however quiet it is.
        return began

    def _step(self, end_s: float, probability: float, power: float) -> bool:
        level = self._foreground.level(power)
        insort(self._powers, power)
        if end_s <= self._start_s:
            return False
        if probability < self.speech.off:
            return self._speech(probability, end_s)
        if self._foreground.takes(level):
            self._own_frames += 1
            self._own_s = end_s
        elif self._goes_on(end_s) and end_s - self._own_s <= FADES_S:
            pass  # It may still be the end of their last word.
        else:
            if self._goes_on(end_s):
                self.speech.speech_end_s = self._own_s
            self._others_s, probability = end_s, 0.0
        return self._speech(probability, end_s)

    def _speech(self, probability: float, end_s: float) -> bool:
        """Whether a stretch of speech became certain; notes the pause before it."""
        stopped_s = self.speech_end_s
        began = self.speech.step(probability, end_s)
        if began and stopped_s is not None:
            self.pauses_s.append(end_s - self.speech.start_s - stopped_s)
        return began

    def _goes_on(self, end_s: float) -> bool:
        """Whether there was speech in the frame before the one that ends here."""
        return self.speech.speech_end_s > end_s - 1.5 * FRAME_S

    def due_for_a_look(self) -> bool:
        """Whether the pause has become so long that the words should be looked at again."""
        silence_s = self.speech.silence_s(self.now_s)
        if silence_s < LOOK_EVERY_S:
            self._look_s = LOOK_EVERY_S
        if silence_s < self._look_s:
            return False
        self._look_s = silence_s + LOOK_EVERY_S
        return True

    def features(self) -> EndpointFeatures:
        """What the end-pointers look at."""
        return EndpointFeatures(
            heard_s=round(self.now_s - self._start_s, 6),
            spoken_s=self.speech.spoken_s(self.now_s),
            silence_s=self._silence_s(),
            has_words=bool(self.text),
            end_of_sentence=self.result.end_of_sentence if self.result else 0.0,
            completeness=self.completeness,
            turn_end=self.result.turn_end if self.result else None,
            patience=self._patience,
        )

    def _silence_s(self) -> float:
        """The pause so far; where only words tell of speech, since they changed."""
        if self.speech_end_s is None and self.text:
            return round(self.now_s - self._words_s, 6)
        return self.speech.silence_s(self.now_s)
