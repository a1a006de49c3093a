"""Speech that needs no wake word: the answer to a question, or what follows a reply at once.

The microphone is open for it from where the reply has really ended, for so many seconds of audio;
whatever sounds meanwhile closes it until it is quiet again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.audio.blocks import Block
from assistant.audio.vad import VoiceActivity
from assistant.endpointing.speech_tracker import SpeechTracker
from assistant.events import Reply
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import UNKNOWN_NAME
from assistant.pipeline.trigger import Activation, FollowUp, Trigger

ECHO_S = 0.2
"""The room and the loudspeaker may sound on for so long after the reply."""
LEAD_S = 0.3
"""So much before speech is certain belongs to it."""
CERTAIN_S = 0.1
"""Speech that began in time may become certain so much later."""


def is_for_us(meant: Interpretation) -> bool:
    """Whether words that needed no wake word are a sure command, or answer what was asked."""
    nothing = meant.intent is None or UNKNOWN_NAME in meant.slots
    return not nothing and (meant.answers or not meant.question)


@dataclass(frozen=True, slots=True)
class _Window:
    kind: FollowUp
    from_s: float
    until_s: float


class FollowUps:
    """When the microphone is open without the wake word, in seconds of the stream's audio.

    `answer_s`: for how long after a question; `more_s`: after any other reply. 0: not at all.
    """

    def __init__(self, answer_s: float, more_s: float = 0.0) -> None:
        self._length_s = {FollowUp.ANSWER: answer_s, FollowUp.MORE: more_s}
        self._window: _Window | None = None

    def after(self, reply: Reply, ended_s: float) -> None:
        """A reply has ended there, its playback included."""
        kind = FollowUp.ANSWER if reply.asks else FollowUp.MORE
        length_s = self._length_s[kind]
        until_s = ended_s + length_s
        self._window = _Window(kind, ended_s, until_s) if length_s else None

    def close(self) -> None:
        """Nothing more is expected."""
        self._window = None

    def at(self, at_s: float) -> FollowUp | None:
        """Why speech counts that begins there; `None` if it does not."""
        window = self._window
        inside = window is not None and window.from_s <= at_s <= window.until_s
        return window.kind if window and inside else None

    def may_begin(self, at_s: float) -> bool:
        """Whether speech that is heard there may have begun in time."""
        window = self._window
        return window is not None and window.from_s + ECHO_S < at_s <= window.until_s + CERTAIN_S


class FollowUpTrigger:
    """Beside another trigger: speech opens, too, where `follow_ups` expects some.

    `sounds`: whether something is being played.
    """

    def __init__(
        self,
        trigger: Trigger,
        voice: VoiceActivity,
        follow_ups: FollowUps,
        sounds: Callable[[], bool] = lambda: False,
    ) -> None:
        self.idle_frames = trigger.idle_frames
        self._trigger = trigger
        self._voice = voice
        self._follow_ups = follow_ups
        self._sounds = sounds
        self._speech = SpeechTracker()
        self._from_s = 0.0

    def hear(self, block: Block) -> Activation | None:
        """Take the next block; what opens in it."""
        activation = self._trigger.hear(block)
        if activation is not None:
            self._follow_ups.close()
            return activation
        return self._spoken(block)

    def overhear(self, block: Block) -> Activation | None:
        """Take the next block of an utterance."""
        activation = self._trigger.overhear(block)
        if activation is not None:
            self._follow_ups.close()
        return activation

    def reset(self, spoken_until_s: float) -> None:
        """The utterance is over; what was said until then is not heard twice."""
        self._trigger.reset(spoken_until_s)
        self._from_s = spoken_until_s
        self._speech = SpeechTracker()

    def _spoken(self, block: Block) -> Activation | None:
        for frame, end_s in block.frames():
            if not self._follow_ups.may_begin(end_s) or self._sounds():
                self._from_s = end_s
                self._speech = SpeechTracker()
            elif self._speech.step(self._voice.process(frame), end_s):
                return self._opened(end_s)
        return None

    def _opened(self, end_s: float) -> Activation | None:
        start_s = self._speech.speech_start_s or end_s
        kind = self._follow_ups.at(start_s)
        from_s = max(self._from_s - ECHO_S, start_s - LEAD_S)
        return None if kind is None else Activation(end_s, from_s, from_s, follow_up=kind)
