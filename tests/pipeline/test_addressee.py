"""What is known of an utterance without a wake word, beside the last command."""

import numpy as np
import pytest

from assistant.app.speakers import make_voices
from assistant.events import EndReason
from assistant.pipeline.addressee import LAST_S, Addressee
from assistant.pipeline.decision import TurnEnd
from assistant.pipeline.directedness import Signs
from assistant.pipeline.identification import Identification
from assistant.pipeline.listener import Observation, power
from assistant.pipeline.trigger import FollowUp
from assistant.pipeline.turn_state import Loudness, TurnState
from assistant.presence.senses import Seen
from assistant.speaker.heard import HeardVoice
from tests.scripted import result, spoken

WORDS = Signs(command=True, confidence=0.8, words=4)


class Told:
    """A judge that keeps what it was told."""

    def probability(self, signs):
        self.signs = signs
        return 0.25


def end(audio_s, **fields):
    return TurnEnd("mic", audio_s, EndReason.PAUSE, audio_s, None, **fields)


def judged(now, last=None, **kinds):
    judge = Told()
    assert Addressee(judge=judge, **kinds).probability(WORDS, now, last) == 0.25
    return judge.signs


def test_what_is_known_of_it_alone():
    loudness = Loudness(60.0, 22.0)
    signs = judged(
        end(
            9.0,
            follow_up=FollowUp.ANSWER,
            since_reply_s=1.5,
            loudness=loudness,
            seen=Seen(somebody=True, facing=False),
        )
    )
    assert (signs.asked, signs.since_reply_s, signs.over_noise_db) == (True, 1.5, 22.0)
    assert (signs.somebody, signs.facing) == (True, False)
    assert (signs.confidence, signs.words) == (0.8, 4)
    assert signs.nearer_db is None
    assert signs.likeness is None


@pytest.mark.parametrize(("ago_s", "nearer_db"), [(5.0, -8.0), (LAST_S + 1, None)])
def test_how_near_it_is_beside_a_command_that_was_just_given(ago_s, nearer_db):
    last = end(100.0, loudness=Loudness(60.0, 22.0))
    now = end(100.0 + ago_s, loudness=Loudness(52.0, 14.0))
    assert judged(now, last).nearer_db == nearer_db
    assert judged(end(101.0), last).nearer_db is None


def test_voices_are_compared_where_both_were_listened_to():
    compare = Identification(make_voices(None)).likeness
    rng = np.random.default_rng(1)
    voice, other = rng.normal(size=(2, 512)).astype(np.float32)
    near = HeardVoice(None, 0.0, embedding=voice + 0.1 * other)
    last = end(100.0, speaker=HeardVoice("Anna", 0.99, embedding=voice))
    alike = judged(end(103.0, speaker=near), last, likeness=compare).likeness
    unlike = judged(
        end(103.0, speaker=HeardVoice(None, 0.0, embedding=other)), last, likeness=compare
    ).likeness
    assert unlike < 0.0 < alike
    for speaker in (None, HeardVoice(None, 0.0)):
        assert judged(end(103.0, speaker=speaker), last, likeness=compare).likeness is None


def heard(audio):
    """The state of a turn after it."""
    turn, loudest = TurnState(0.0), max(1, np.abs(audio).max())
    for start in range(0, audio.size, 160):
        frame, end_s = audio[start : start + 160], start / 16_000 + 0.01
        probability = float(np.abs(frame).max() > loudest / 4)
        turn.follow(Observation(end_s, ((end_s, probability, power(frame)),), result([], 0.0)))
    return turn


def test_how_loud_it_is():
    audio = spoken(("quiet", 0.5), ("speech", 1.0), ("quiet", 0.5))
    rng = np.random.default_rng(2)
    audio = (audio + rng.normal(0, 20, audio.size)).astype(np.int16)
    loud, soft = heard(audio).loudness, heard(audio // 4).loudness
    assert loud.above_db(soft) == pytest.approx(12.0, abs=0.5)
    assert loud.over_noise_db == pytest.approx(soft.over_noise_db, abs=1.0)
    assert loud.over_noise_db > 20
    assert heard(0 * audio[:4000]).loudness == Loudness()
