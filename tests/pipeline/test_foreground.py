"""Which voice is the user's."""

import numpy as np

from assistant.endpointing.pauses import STYLES, FinalEndpointer
from assistant.events import EndReason
from assistant.pipeline.foreground import BELOW_DB, Foreground
from assistant.pipeline.listener import Observation
from assistant.pipeline.turn_state import TurnState
from tests.scripted import result


def power(decibels):
    return 10 ** (decibels / 10)


def taken(foreground, decibels, frames=50):
    """How many frames of a steady voice, heard when all before has faded, count as the user's."""
    for _ in range(25):
        foreground.level(0.0)
    return sum(foreground.takes(foreground.level(power(decibels))) for _ in range(frames))


def test_a_much_weaker_voice_is_not_the_user_s():
    foreground = Foreground()
    assert taken(foreground, 60) == 50
    assert taken(foreground, 60 - BELOW_DB - 2) == 0
    assert taken(foreground, 60 - BELOW_DB + 3) >= 48


def test_the_quiet_sounds_of_a_word_belong_to_it():
    foreground = Foreground()
    taken(foreground, 60)
    foreground.level(power(60))
    assert all(foreground.takes(foreground.level(power(30))) for _ in range(15))


def test_who_was_there_before_the_user_does_not_count_for_long():
    foreground = Foreground()
    assert taken(foreground, 40, 60) == 60
    assert taken(foreground, 60, 60) == 60
    assert taken(foreground, 40, 60) == 0


def test_where_only_words_tell_of_speech_they_end_it():
    turn = TurnState(0.0)
    end = FinalEndpointer(STYLES["normal"].final)
    words = ["turn", "on", "the", "light"]
    for block in range(300):
        now_s = (block + 1) / 50
        heard = result(words[: int(now_s / 0.3)])
        turn.follow(Observation(now_s, ((now_s, 0.1, 0.0),), heard))
        if reason := end.decide(turn.features()):
            break
    assert reason is EndReason.PAUSE
    assert 1.2 < now_s < 3.5


def test_a_user_whose_call_was_loud_may_go_on_quietly():
    loud = Foreground()
    taken(loud, 80)
    turn = TurnState(0.0, loud)
    for block in range(100):
        now_s = (block + 1) / 50
        voice = tuple((now_s - 0.01 * (1 - k), 0.9, power(60)) for k in range(2))
        turn.follow(Observation(now_s, voice, result(["turn", "on"] if now_s > 0.6 else [])))
    assert turn.speech_end_s == 2.0
    assert np.isinf(turn.words_until_s)
