"""What listens to one utterance: voice activity, recognition, and whether it is whispered.

Everything here is heavy and blocks: it runs in the worker thread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.asr.result import RecogniserStream, RecognitionResult
from assistant.asr.trimming import until
from assistant.audio.blocks import Block, seconds
from assistant.audio.source import Frame
from assistant.audio.vad import VoiceActivity
from assistant.wake.stripping import WakeWordStripper
from assistant.whispering.detector import NoDetector, WhisperStream


@dataclass(frozen=True, slots=True)
class Observation:
    """What a block of audio brought."""

    end_s: float
    voice: tuple[tuple[float, float, float], ...]
    """For each frame, the second at which it ends, the probability of speech, its mean square."""
    result: RecognitionResult


class Listener:
    """Hears one utterance, from the second `start_s` of the stream on.

    Words that begin before `words_from_s` are no part of it, nor are wake words at its beginning.
    """

    def __init__(
        self,
        stream: RecogniserStream,
        voice: VoiceActivity,
        start_s: float,
        words_from_s: float = 0.0,
        wake_words: Sequence[str] = (),
        *,
        whisper: WhisperStream | None = None,
    ) -> None:
        self._stream = stream
        self._voice = voice
        self._whisper = whisper or NoDetector().open()
        self._start_s = start_s
        self._strip = WakeWordStripper(words_from_s - start_s, wake_words).strip
        self.samples = 0
        """How much was heard."""
        self.until_s = math.inf
        """Words that begin later are somebody else's."""

    def goes_on(self) -> None:
        """Speech goes on: the next look is a new one, even where the first pass hears no words."""
        self._stream.goes_on()

    def observe(self, block: Block) -> Observation:
        """Hear the next block of the utterance."""
        voice = tuple(
            (end_s, self._voice.process(frame), power(frame)) for frame, end_s in block.frames()
        )
        self._stream.accept(block.samples)
        self._whisper.accept(block.samples)
        self.samples += block.samples.size
        result = self._stream.partial(self.until_s - self._start_s)
        return Observation(seconds(block.end), voice, self._strip(result))

    def peek(self) -> RecognitionResult:
        """The result for all that was heard so far."""
        return self._strip(self._stream.peek(self.until_s - self._start_s))

    def finish(self) -> RecognitionResult:
        """The final result, which is that of the last look if nothing was said since."""
        return self._strip(self._stream.finish(self.until_s - self._start_s))

    def whispered(self) -> float | None:
        """The probability that it is whispered; `None` where nothing can tell."""
        return self._whisper.probability()

    def said_until(self, end_s: float) -> RecognitionResult | None:
        """The final result of what was said until then; `None` if a word lies across it."""
        return until(self.finish(), end_s - self._start_s)


def power(frame: Frame) -> float:
    """A frame's mean square."""
    return float(np.mean(np.square(frame, dtype=np.float32)))
