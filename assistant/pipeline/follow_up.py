"""Speech that needs no wake word: the answer to a question, or what follows a reply at once.

The microphone is open for it from where the reply has really ended, for so many seconds of audio;
whatever sounds meanwhile closes it until it is quiet again. It stays open while somebody faces the
device, and where nobody is in the room it does not open, except for an answer.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

from assistant.audio.blocks import Block
from assistant.audio.vad import VoiceActivity
from assistant.endpointing.speech_tracker import SpeechTracker
from assistant.events import Reply
from assistant.pipeline.trigger import Activation, FollowUp, Trigger
from assistant.presence.senses import Presence, Unknown

_LOG = logging.getLogger(__name__)
ECHO_S = 0.2
"""The room and the loudspeaker may sound on for so long after the reply."""
LEAD_S = 0.3
"""So much before speech is certain belongs to it."""
CERTAIN_S = 0.1
"""Speech that began in time may become certain so much later."""
LOOKED_S = 2.0
"""Who has looked at the device may begin to speak so much later."""
_NOBODY_ANSWERS = "presence: nobody seems to be in the room to answer"
_NOBODY_FOLLOWS = "presence: nobody seems to be in the room, so the wake word is needed"


@dataclass(frozen=True, slots=True)
class _Window:
    kind: FollowUp
    from_s: float
    until_s: float
    most_s: float
    """It is open until then while somebody faces the device."""


class FollowUps:
    """When the microphone is open without the wake word, in seconds of the stream's audio.

    `answer_s`: for how long after a question; `more_s`: after any other reply. 0: not at all.
    `gaze_s`: for how long at most after either, while somebody faces the device as `presence` says.
    """

    def __init__(
        self,
        answer_s: float,
        more_s: float = 0.0,
        gaze_s: float = 0.0,
        presence: Presence | None = None,
    ) -> None:
        self._length_s = {FollowUp.ANSWER: answer_s, FollowUp.MORE: more_s}
        self._gaze_s = gaze_s
        self._presence = presence or Unknown()
        self._window: _Window | None = None
        self._looked_s = -math.inf
        """When somebody faced the device last, while it was open."""

    def after(self, reply: Reply, ended_s: float) -> None:
        """A reply has ended there, its playback included."""
        kind = FollowUp.ANSWER if reply.asks else FollowUp.MORE
        length_s = self._length_s[kind]
        opens, seen = bool(length_s or self._gaze_s), self._presence.seen()
        if opens and seen.somebody is False:
            opens = kind is FollowUp.ANSWER
            _LOG.info(_NOBODY_ANSWERS if opens else _NOBODY_FOLLOWS)
        self._looked_s = ended_s if seen.facing else -math.inf
        if not opens:
            self._window = None
            self._presence.rest()
            return
        most_s = ended_s + max(length_s, self._gaze_s)
        self._window = _Window(kind, ended_s, ended_s + length_s, most_s)

    def close(self) -> None:
        """Nothing more is expected."""
        self._window = None

    def at(self, at_s: float) -> FollowUp | None:
        """Why speech counts that begins there; `None` if it does not."""
        window = self._window
        inside = window is not None and window.from_s <= at_s <= self._until_s(window)
        return window.kind if window and inside else None

    def since_reply_s(self, at_s: float) -> float | None:
        """How long after the reply something begins; `None` where nothing is expected."""
        return None if self._window is None else max(0.0, at_s - self._window.from_s)

    def may_begin(self, at_s: float) -> bool:
        """Whether speech that is heard there may have begun in time."""
        window = self._window
        if window is None:
            return False
        if at_s > self._until_s(window) + CERTAIN_S:
            self._presence.rest()
            return False
        if self._presence.seen().facing:
            self._looked_s = at_s
        return at_s > window.from_s + ECHO_S

    def _until_s(self, window: _Window) -> float:
        return max(window.until_s, min(window.most_s, self._looked_s + LOOKED_S))


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
        if kind is None:
            return None
        since_s = self._follow_ups.since_reply_s(start_s)
        return Activation(end_s, from_s, from_s, follow_up=kind, since_reply_s=since_s)
