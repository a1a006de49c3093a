"""Speech while Hearth speaks.

Hearth goes quieter at once, holds if the speech goes on, and is silent for good when there are
words in it. Where there are none, it goes on from where it was.

Its own voice is no speech of somebody else: the echo is taken out of what is heard here, and words
that it says itself do not count unless they come when it has fallen silent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from rapidfuzz import fuzz

from assistant.asr.result import Recogniser, RecogniserStream
from assistant.audio.blocks import Block, seconds
from assistant.audio.vad import VoiceActivity
from assistant.endpointing.speech_tracker import SpeechTracker
from assistant.lattice.graph import Word
from assistant.pipeline.stopping import spoken_words
from assistant.pipeline.trigger import Activation, FollowUp, Trigger
from assistant.reply.volume import Level, Volume

SPEAKING_FRAMES = 2
"""Heard at once while Hearth speaks, so that it is turned down soon."""
ON, OFF, CERTAIN_S = 0.3, 0.2, 0.03
"""Speech so likely for so long turns it down; what is left of an echo hardly ever is."""
HOLD_S = 0.1
"""Speech that goes on for so long holds it."""
SILENT_S = 0.45
"""So long after it was held, its last sound has died away: who speaks then is not Hearth."""
PAUSE_S = 0.5
"""Speech without words is over after so much silence, and Hearth goes on."""
LONGEST_S = 3.0
"""Sounds that are no words for so long do not hold it up any longer."""
MOST_HOLDS = 2
"""Held so often for no words, a reply is said to its end."""
LEAD_S = 0.3
_ALIKE = 75.0
_MOST_BLOCKS = 64


class Speaking(Protocol):
    """Hearth's own voice."""

    @property
    def speaks(self) -> bool:
        """Whether words are being played."""

    @property
    def text(self) -> str:
        """The words that may be heard now."""


class BargeInTrigger:
    """Beside another trigger: words of somebody else open, too, while Hearth speaks.

    `clear`: whether what was heard until a second has no echo of it.
    """

    def __init__(
        self,
        trigger: Trigger,
        recogniser: Recogniser,
        voice: VoiceActivity,
        own: Speaking,
        volume: Volume,
        *,
        clear: Callable[[float], bool] = lambda _at_s: True,
    ) -> None:
        self._trigger = trigger
        self._recogniser = recogniser
        self._voice = voice
        self._own = own
        self._volume = volume
        self._clear = clear
        self._holds = 0
        """How often it was held since it began to speak."""
        self._lead: deque[Block] = deque(maxlen=_MOST_BLOCKS)
        self._forget()

    @property
    def idle_frames(self) -> int:
        """Few while Hearth speaks, so that it is turned down soon."""
        return SPEAKING_FRAMES if self._own.speaks else self._trigger.idle_frames

    def hear(self, block: Block) -> Activation | None:
        """Take the next block; what opens in it."""
        activation = self._trigger.hear(block)
        if activation is not None:
            return activation
        if not self._own.speaks:
            self._holds = 0
            if self._lead:
                self._go_on()
            return None
        if self._holds == MOST_HOLDS and self._held_s is None:
            return None
        return self._listen(block)

    def overhear(self, block: Block) -> Activation | None:
        """Take the next block of an utterance."""
        return self._trigger.overhear(block)

    def reset(self, spoken_until_s: float) -> None:
        """The utterance is over."""
        self._trigger.reset(spoken_until_s)
        self._go_on()

    def _forget(self) -> None:
        self._speech = SpeechTracker(ON, OFF, CERTAIN_S)
        self._lead.clear()
        self._stream: RecogniserStream | None = None
        self._stream_s = 0.0
        self._held_s: float | None = None
        self._given_up = False

    def _go_on(self) -> None:
        """Nobody speaks but Hearth."""
        self._volume.level = Level.FULL
        self._forget()

    def _listen(self, block: Block) -> Activation | None:
        for frame, end_s in block.frames():
            # Nothing of an echo is heard, so that it does not sound like somebody afterwards.
            heard = frame if self._clear(end_s) else np.zeros_like(frame)
            self._speech.step(self._voice.process(heard), end_s)
        self._lead.append(block)
        start_s, now_s = self._speech.speech_start_s, seconds(block.end)
        if start_s is None:
            self._shorten(now_s)
            return None
        if self._speech.silence_s(now_s) >= PAUSE_S:
            self._go_on()
        elif now_s - start_s >= LONGEST_S:
            self._volume.level, self._given_up = Level.FULL, True
        elif not self._given_up:
            self._turn_down(start_s, now_s)
            if self._says_words(block):
                from_s = max(0.0, start_s - LEAD_S)
                return Activation(now_s, from_s, from_s, follow_up=FollowUp.INTERRUPTION)
        return None

    def _shorten(self, now_s: float) -> None:
        """Keep no more than a lead of what is no speech."""
        while self._lead and seconds(self._lead[0].end) < now_s - LEAD_S:
            self._lead.popleft()

    def _turn_down(self, start_s: float, now_s: float) -> None:
        if self._held_s is not None:
            return
        if self._speech.speech_end_s - start_s < HOLD_S:
            self._volume.level = Level.LOW
        else:
            self._volume.level, self._held_s = Level.HELD, now_s
            self._holds += 1

    def _says_words(self, block: Block) -> bool:
        """Whether somebody speaks on in the silence, in words that Hearth did not say.

        Words that begin in the silence may be those that it said, too.
        """
        if self._stream is None:
            self._stream = self._recogniser.open()
            self._stream_s = seconds(self._lead[0].start)
            self._stream.accept(np.concatenate([each.samples for each in self._lead]))
        else:
            self._stream.accept(block.samples)
        if self._held_s is None or self._speech.speech_end_s < self._held_s + SILENT_S:
            return False
        words = self._stream.partial().nbest[0].words
        silent_s = self._held_s + SILENT_S - self._stream_s
        late = any(word.start_s >= silent_s for word in words)
        return late or bool(foreign(words, self._own.text))


def foreign(words: Sequence[Word], own: str) -> list[str]:
    """The words heard that are none of Hearth's, nor sound like one of them."""
    heard, saying = [word.text for word in words], spoken_words(own)
    if fuzz.partial_ratio(" ".join(heard), " ".join(saying)) >= _ALIKE:
        return []
    return [word for word in heard if all(fuzz.ratio(word, each) < _ALIKE for each in saying)]
