"""While something sounds, "stop" alone is heard: no wake word, and nothing but a few words.

Whatever else is said then is ignored. Hearth's own voice is no reason to stop: what it says is
known, so only words that it does not say count, beside it or in its pauses.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np
from rapidfuzz import fuzz

from assistant.asr.result import Recogniser, RecogniserStream, RecognitionResult
from assistant.audio.blocks import Block, seconds
from assistant.audio.vad import VoiceActivity
from assistant.endpointing.speech_tracker import SpeechTracker
from assistant.lattice.graph import Hypothesis
from assistant.nlu.numbers import number_words
from assistant.nlu.tokens import split_words
from assistant.pipeline.trigger import Activation, Trigger

STOP_WORDS = frozenset(
    {
        *("stop", "stop stop", "stop it", "please stop", "stop please", "okay stop", "ok stop"),
        *("quiet", "be quiet", "silence", "shut up", "hush", "enough", "that's enough", "cancel"),
        *("stop the timer", "stop the alarm", "turn off the alarm", "cancel the timer"),
    }
)
_BESIDE_OWN_VOICE = frozenset({"stop", "stop it", "stop stop", "quiet", "be quiet", "shut up"})
_LEAD_BLOCKS = 12
"""Of 40 ms each: a word's first sound is heard before it is certain that someone speaks."""
_PAUSE_S = 0.4
_LONGEST_S = 15.0
_ALIKE = 50.0
_MOST_DIGITS = 4
_OWN_WORDS = 2
"""So many words of its own voice have to be heard around "stop" to know them as its own."""


class StopSpotter:
    """Finds a word that stops. `sounds`: whether something does; `said`: what Hearth says now.

    Its work is that of the recogniser, done only while something sounds and somebody speaks.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        voice: VoiceActivity,
        sounds: Callable[[], bool],
        said: Callable[[], str] = str,
    ) -> None:
        self._recogniser = recogniser
        self._voice = voice
        self._sounds = sounds
        self._said = said
        self._lead: deque[Block] = deque(maxlen=_LEAD_BLOCKS)
        self._own = ""
        self.reset()

    def reset(self) -> None:
        """What was said until now is done with."""
        self._lead.clear()
        self._speech = SpeechTracker()
        self._stream: RecogniserStream | None = None
        self._own = ""

    def hear(self, block: Block) -> RecognitionResult | None:
        """Take the next block; the result that is a word to stop, once it is certain."""
        if not self._sounds():
            if self._lead:
                self.reset()
            return None
        for frame, end_s in block.frames():
            self._speech.step(self._voice.process(frame), end_s)
        self._lead.append(block)
        if self._speech.speech_start_s is None:
            return None
        return self._listen(block)

    def _listen(self, block: Block) -> RecognitionResult | None:
        if self._stream is None:
            self._stream = self._recogniser.open()
            block = Block(np.concatenate([each.samples for each in self._lead]), 0)
        self._stream.accept(block.samples)
        own = self._own = self._said() or self._own
        now_s = seconds(self._lead[-1].end)
        if self._speech.silence_s(now_s) >= _PAUSE_S:
            result = self._stream.finish()
            self.reset()
            words = _words(result)
            return _as_heard(result, alone(words, own) or beside(words, own))
        if self._speech.spoken_s(now_s) > _LONGEST_S:
            self.reset()
        return None


class StopTrigger:
    """Beside another trigger: a word to stop opens, too, while something sounds."""

    def __init__(self, trigger: Trigger, spotter: StopSpotter) -> None:
        self.idle_frames = trigger.idle_frames
        self._trigger = trigger
        self._spotter = spotter

    def hear(self, block: Block) -> Activation | None:
        """Take the next block; what opens in it."""
        activation = self._trigger.hear(block)
        stop = self._spotter.hear(block)
        if activation is not None or stop is None:
            return activation
        at_s = seconds(block.end)
        return Activation(at_s, at_s, at_s, stop=stop)

    def overhear(self, block: Block) -> Activation | None:
        """Take the next block of an utterance, in which "stop" is a word like others."""
        return self._trigger.overhear(block)

    def reset(self, spoken_until_s: float) -> None:
        """The utterance is over."""
        self._trigger.reset(spoken_until_s)
        self._spotter.reset()


def _words(result: RecognitionResult) -> list[str]:
    return [word.text for word in result.nbest[0].words]


def _as_heard(result: RecognitionResult, kept: range) -> RecognitionResult | None:
    """The result with some of its best hypothesis' words alone; none for none."""
    best = result.nbest[0]
    if not kept:
        return None
    words = best.words[kept.start : kept.stop]
    return replace(result, nbest=(Hypothesis(words, best.log_prob),))


def alone(heard: Sequence[str], own: str) -> range:
    """All of the words heard where they are a word to stop, none of Hearth's; else nothing."""
    said = f" {' '.join(spoken_words(own))} "
    text = " ".join(heard)
    return range(len(heard) if text in STOP_WORDS and f" {text} " not in said else 0)


def beside(heard: Sequence[str], own: str) -> range:
    """Where among Hearth's words, as they were heard, is a word to stop that is not of them.

    A word that is merely heard in place of one that sounds like it does not count.
    """
    saying = spoken_words(own)
    changes = SequenceMatcher(None, saying, list(heard), autojunk=False).get_opcodes()
    same = sum(end - begin for kind, begin, end, _, _ in changes if kind == "equal")
    added = [(begin, *at) for kind, begin, _, *at in changes if kind != "equal" and at[0] < at[1]]
    if same < _OWN_WORDS or len(added) != 1:
        return range(0)
    begin, first, last = added[0]
    text, instead = " ".join(heard[first:last]), " ".join(saying[begin : begin + last - first])
    counts = text in _BESIDE_OWN_VOICE and fuzz.ratio(text, instead) < _ALIKE
    return range(first, last) if counts else range(0)


def spoken_words(text: str) -> list[str]:
    """The words of a text as the recogniser writes them: numbers spelled out."""
    words = split_words(re.sub(r"\d+", lambda number: f" {_number(number[0])} ", text))
    return [each for word in words for each in word.split()]


def _number(digits: str) -> str:
    return number_words(int(digits)) if len(digits) <= _MOST_DIGITS else digits
