"""Speech over Hearth's own: turned down at once, held, stopped by words, or gone on from."""

import numpy as np
import pytest

from assistant.audio.blocks import Block
from assistant.audio.source import SAMPLE_RATE
from assistant.lattice.graph import Word
from assistant.pipeline.barge_in import (
    HOLD_S,
    LONGEST_S,
    PAUSE_S,
    SPEAKING_FRAMES,
    BargeInTrigger,
    foreign,
)
from assistant.pipeline.trigger import Activation, FollowUp
from assistant.reply.volume import Level, Volume
from tests.scripted import LoudnessVad, Script, ScriptedRecogniser, spoken

SAID = "The timer for the pasta has four minutes left."


class Own:
    """Hearth's own voice, that speaks until it is told otherwise."""

    def __init__(self, text=SAID):
        self.speaks = True
        self.text = text


class Nothing:
    """A trigger that opens nothing of its own, unless told to."""

    idle_frames = 4

    def __init__(self):
        self.opens = None
        self.resets = []

    def hear(self, block):
        return self.opens

    def overhear(self, block):
        return self.opens

    def reset(self, spoken_until_s):
        self.resets.append(spoken_until_s)


class Ears:
    def __init__(self, *words, own=None, voice=None, **options):
        self.own, self.inner, self.volume = own or Own(), Nothing(), Volume()
        recogniser = ScriptedRecogniser(Script(list(words)))
        self.trigger = BargeInTrigger(
            self.inner, recogniser, voice or LoudnessVad(), self.own, self.volume, **options
        )
        self.position = 0
        self.levels = []
        """Each level with the second from which on it counted."""
        self.opened = []

    def hear(self, *stretches):
        samples = spoken(*stretches)
        while samples.size:
            size = 160 * self.trigger.idle_frames
            block, samples = samples[:size], samples[size:]
            activation = self.trigger.hear(Block(block, self.position))
            self.position += block.size
            now_s = self.position / SAMPLE_RATE
            if not self.levels or self.levels[-1][1] is not self.volume.level:
                self.levels.append((now_s, self.volume.level))
            if activation is not None:
                self.opened.append(activation)
                self.trigger.reset(now_s)
                self.own.speaks = False

    @property
    def changes(self):
        return [level for _, level in self.levels]

    def since(self, level):
        """When a level was first there."""
        return next(at_s for at_s, each in self.levels if each is level)


def test_it_is_turned_down_at_once_and_held_if_the_speech_goes_on():
    ears = Ears(("stop", 99.0))
    ears.hear(("quiet", 1.0), ("speech", 0.5))
    assert ears.since(Level.LOW) <= 1.0 + 0.06
    assert ears.since(Level.HELD) <= 1.0 + HOLD_S + 0.03
    assert ears.opened == []


class SlowVad(LoudnessVad):
    """As Silero does, it takes what follows speech for speech somewhat longer."""

    def process(self, frame):
        now = super().process(frame)
        self.before = max(now, 0.9 * getattr(self, "before", 0.0))
        return self.before


def test_an_echo_that_was_heard_is_no_speech_once_it_is_taken_out():
    ears = Ears(voice=SlowVad(), clear=lambda at_s: at_s > 0.5)
    ears.hear(("speech", 0.5), ("quiet", 1.0))
    assert ears.changes == [Level.FULL]


def test_words_open_an_utterance_from_where_they_began():
    ears = Ears(("turn", 0.6), ("on", 0.9))
    ears.hear(("quiet", 1.0), ("speech", 1.5))
    (opened,) = ears.opened
    assert opened.follow_up is FollowUp.INTERRUPTION
    assert opened.listen_from_s == pytest.approx(0.7, abs=0.05)
    assert opened.at_s < 2.1
    assert ears.inner.resets
    assert ears.volume.level is Level.FULL, "what is said next is said aloud"


def test_a_cough_is_gone_on_from():
    ears = Ears(("stop", 99.0))
    ears.hear(("quiet", 1.0), ("speech", 0.3), ("quiet", 1.0))
    assert ears.changes == [Level.FULL, Level.LOW, Level.HELD, Level.FULL]
    assert ears.levels[-1][0] == pytest.approx(1.3 + PAUSE_S, abs=0.05)
    assert ears.opened == []


def test_a_knock_only_turns_it_down():
    ears = Ears(("stop", 99.0))
    ears.hear(("quiet", 1.0), ("speech", 0.08), ("quiet", 1.0))
    assert ears.changes == [Level.FULL, Level.LOW, Level.FULL]


def test_a_reply_that_was_held_twice_for_no_words_is_said_to_its_end():
    ears = Ears(("stop", 99.0))
    noises = *[("quiet", 1.0), ("speech", 0.3)] * 4, ("quiet", 1.0)
    ears.hear(*noises)
    twice = [Level.FULL, *[Level.LOW, Level.HELD, Level.FULL] * 2]
    assert ears.changes == twice
    ears.own.speaks = False
    ears.hear(("quiet", 0.1))
    ears.own.speaks = True
    ears.hear(*noises)
    assert ears.changes == twice + twice[1:], "the next one is held again"


def test_noise_that_does_not_end_does_not_hold_it_for_ever():
    ears = Ears(("stop", 99.0))
    ears.hear(("speech", 20.0))
    assert ears.changes == [Level.FULL, Level.LOW, Level.HELD, Level.FULL]
    assert ears.levels[-1][0] == pytest.approx(LONGEST_S, abs=0.05)
    ears.hear(("quiet", 1.0), ("speech", 0.06))
    assert ears.volume.level is Level.LOW, "after a pause it listens again"


def test_its_own_words_are_no_interruption():
    ears = Ears(("the", 0.2), ("timer", 0.4), ("for", 0.5))
    ears.hear(("quiet", 0.2), ("speech", 0.4), ("quiet", 1.0))
    assert ears.opened == []
    assert ears.volume.level is Level.FULL


def test_its_own_words_count_once_it_is_silent():
    late = Word("minutes", 2.0, 2.2)

    class Late(ScriptedRecogniser):
        def open(self, bias=(), sentences=None, anchor=None):
            stream = super().open(bias, sentences)
            partial = stream.partial

            def with_times():
                result = partial()
                words = (late,) if result.text else ()
                best = result.nbest[0]
                return type(result)(
                    (type(best)(words, best.log_prob),),
                    result.lattice,
                    result.end_of_sentence,
                    result.decode_ms,
                )

            stream.partial = with_times
            return stream

    ears = Ears()
    ears.trigger._recogniser = Late(Script([("minutes", 2.2)]))
    ears.hear(("quiet", 0.5), ("speech", 2.9))
    assert len(ears.opened) == 1


def test_where_it_does_not_speak_nothing_is_listened_to():
    ears = Ears(("turn", 0.1))
    ears.own.speaks = False
    ears.hear(("speech", 2.0))
    assert ears.opened == []
    assert ears.changes == [Level.FULL]
    assert ears.trigger.idle_frames == 4
    ears.own.speaks = True
    assert ears.trigger.idle_frames == SPEAKING_FRAMES


def test_a_reply_that_ends_meanwhile_leaves_nothing_turned_down():
    ears = Ears(("stop", 99.0))
    ears.hear(("quiet", 0.5), ("speech", 0.1))
    assert ears.volume.level is Level.LOW
    ears.own.speaks = False
    ears.hear(("speech", 0.1))
    assert ears.volume.level is Level.FULL


def test_a_wake_word_opens_as_ever():
    ears = Ears(("stop", 99.0))
    ears.inner.opens = Activation(1.0, 0.5, 1.0)
    ears.hear(("speech", 0.02))
    assert ears.opened == [ears.inner.opens]
    assert ears.trigger.overhear(Block(np.zeros(160, np.int16), 0)) is ears.inner.opens


@pytest.mark.parametrize(
    ("heard", "own", "words"),
    [
        ("the timer for the pasta", SAID, []),
        ("timer four minutes", SAID, []),
        ("the pastor has", SAID, []),
        ("turn off the light", SAID, ["turn", "off", "light"]),
        ("no the office", "Which one: the Desk lamp in the Office?", []),
        ("well no the kids one", "Which one: the Desk lamp in the Office?", ["well", "no", "kids"]),
        ("twenty past seven", "It is 7:20.", ["past"]),
        ("", SAID, []),
        ("hello", "", ["hello"]),
    ],
)
def test_words_that_are_not_its_own(heard, own, words):
    assert foreign([Word(word, 0.0, 0.1) for word in heard.split()], own) == words
