"""What is known of an utterance so far: voice, words, and when to look at the words again."""

from __future__ import annotations

from assistant.asr.endpoint import Completeness, Features, SpeechTracker
from assistant.asr.result import RecognitionResult
from assistant.hearing import Heard

LOOK_EVERY_S = 0.1
"""In a pause the recogniser is asked this often for its view of all samples heard."""


class Progress:
    """Follows one utterance. Audio that ends by `start_s` does not count as her speech."""

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self.now_s = start_s
        self.speech = SpeechTracker()
        self.result: RecognitionResult | None = None
        self.completeness = Completeness.INCOMPLETE
        self._look_s = LOOK_EVERY_S

    @property
    def text(self) -> str:
        """The words so far."""
        return self.result.text if self.result else ""

    @property
    def speech_end_s(self) -> float | None:
        """Where the last speech ended; `None` before any."""
        return None if self.speech.speech_start_s is None else self.speech.speech_end_s

    def follow(self, heard: Heard) -> int:
        """Take a block in; how many stretches of speech became certain in it."""
        self.now_s = heard.end_s
        self.result = heard.result
        return sum(
            end_s > self._start_s and self.speech.step(probability, end_s)
            for end_s, probability in heard.voice
        )

    def due_for_a_look(self) -> bool:
        """Whether the pause has become so long that the words should be looked at again."""
        silence_s = self.speech.silence_s(self.now_s)
        if silence_s < LOOK_EVERY_S:
            self._look_s = LOOK_EVERY_S
        if silence_s < self._look_s:
            return False
        self._look_s = silence_s + LOOK_EVERY_S
        return True

    def features(self) -> Features:
        """What the end-pointers look at."""
        return Features(
            heard_s=round(self.now_s - self._start_s, 6),
            spoken_s=self.speech.spoken_s(self.now_s),
            silence_s=self.speech.silence_s(self.now_s),
            has_words=bool(self.text),
            end_of_sentence=self.result.end_of_sentence if self.result else 0.0,
            completeness=self.completeness,
        )
