"""The speech in what was heard: silence says nothing of who speaks."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, Frame
from assistant.audio.vad import VoiceActivity
from assistant.speaker.embedding import MOST_S

SPEECH = 0.5
"""The probability of speech from which a frame counts."""
MARGIN_FRAMES = 5
"""Frames before speech that count, too: soft beginnings, and what voice activity hears late."""


class SpeechCollector:
    """Keeps the newest speech of an utterance, frame by frame."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque(maxlen=round(MOST_S * SAMPLE_RATE) // FRAME_SAMPLES)
        self._before: deque[Frame] = deque(maxlen=MARGIN_FRAMES)
        self.count = 0
        """How many frames of speech there were, those that are not kept any more included."""

    def hear(self, frame: Frame, probability: float) -> None:
        """Take 10 ms of audio that is speech with this probability."""
        self._before.append(frame)
        if probability >= SPEECH:
            self._frames.extend(self._before)
            self._before.clear()
            self.count += 1

    @property
    def speech(self) -> NDArray[np.int16]:
        """What was heard of speech, int16 [n], maybe empty."""
        return np.concatenate(self._frames) if self._frames else np.zeros(0, np.int16)


def speech_of(samples: NDArray[np.int16], voice: VoiceActivity) -> NDArray[np.int16]:
    """The newest speech in a recording, int16 at 16 kHz."""
    collector = SpeechCollector()
    for at in range(0, samples.size - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frame = samples[at : at + FRAME_SAMPLES]
        collector.hear(frame, voice.process(frame))
    return collector.speech
