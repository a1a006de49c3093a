"""What identification is made of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.speaker.across_room import ROOMS, across_room, learned_as
from assistant.speaker.calibration import Calibration
from assistant.speaker.embedding import MOST_S, normalised
from assistant.speaker.profiles import Profile, ProfileError, Profiles
from assistant.speaker.speech import MARGIN_FRAMES, SpeechCollector

FRAME = np.ones(160, np.int16)


def test_speech_is_kept_with_what_came_right_before_it_and_silence_is_not():
    collector = SpeechCollector()
    for probability in [0.0] * 20 + [0.9] * 10 + [0.1] * 20:
        collector.hear(FRAME, probability)
    assert collector.speech.size == 160 * (10 + MARGIN_FRAMES - 1)
    assert collector.count == 10


def test_only_the_newest_speech_is_kept():
    collector = SpeechCollector()
    for number in range(1000):
        collector.hear(FRAME * number, 1.0)
    assert collector.speech.size == round(MOST_S * 16_000)
    assert collector.speech[-1] == 999
    assert collector.count == 1000


def test_a_room_is_the_same_each_time_and_clips_nothing():
    speech = (30_000 * np.sin(np.arange(32_000) / 9)).astype(np.int16)
    heard = across_room(speech, 1)
    assert heard.shape == speech.shape
    assert np.array_equal(heard, across_room(speech, 1))
    assert not np.array_equal(heard, across_room(speech, 2))
    assert np.abs(heard.astype(int)).max() <= 32_000


@given(
    number=st.integers(0, 100),
    length=st.integers(8_000, 40_000),
    loudness=st.integers(1, 32_767),
)
@settings(max_examples=20, deadline=None)
def test_a_sentence_is_learned_as_it_was_and_in_rooms_of_its_own(number, length, loudness):
    speech = np.random.default_rng(0).integers(-loudness, loudness + 1, length).astype(np.int16)
    heard, *rooms = learned_as(speech, number)
    assert np.array_equal(heard, speech)
    assert len(rooms) == ROOMS
    assert all(each.shape == speech.shape and each.dtype == np.int16 for each in rooms)
    others = learned_as(speech, number + 1)[1:]
    everything = [each.tobytes() for each in (heard, *rooms, *others)]
    assert loudness < 100 or len(set(everything)) == 1 + 2 * ROOMS


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=6), st.floats(1, 50), st.floats(0.85, 1))
def test_at_most_one_is_sure_enough(cosines, length, accept):
    calibration = Calibration(scale=36.1, offset=-0.9, per_log_length=-7.0, accept=accept)
    scores = calibration.probabilities(dict(zip("abcdef", cosines, strict=False)), length)
    assert 0 <= sum(scores.values()) <= 1 + 1e-9
    assert sum(score >= calibration.accept for score in scores.values()) <= 1
    best = max(scores, key=scores.__getitem__)
    if scores[best] >= calibration.accept:
        assert cosines["abcdef".index(best)] == max(cosines)


def test_probabilities_leave_room_for_guests():
    calibration = Calibration(scale=30.0, offset=-15.0, per_log_length=0.0)
    clear = calibration.probabilities({"a": 0.8, "b": 0.2}, 8.0)
    assert clear["a"] > 0.99
    assert clear["b"] < 0.01
    unclear = calibration.probabilities({"a": 0.5, "b": 0.5}, 8.0)
    assert unclear["a"] == pytest.approx(0.4)
    assert 1 - sum(unclear.values()) == pytest.approx(calibration.guests)
    assert calibration.probabilities({}, 8.0) == {}


def profile(name):
    rows = np.random.default_rng(0).normal(size=(3, 192)).astype(np.float32)
    return Profile(name, "model-1", tuple(normalised(rows)))


def test_profiles_are_seen_by_who_has_the_folder_open(tmp_path):
    mine, other = Profiles(tmp_path / "voices"), Profiles(tmp_path / "voices")
    assert other.all() == ()
    mine.put(profile("Anna"))
    (found,) = other.all()
    assert found.name == "Anna"
    assert np.allclose(found.mean, profile("Anna").mean, atol=1e-4)
    assert mine.forget("anna")
    assert other.all() == ()


@pytest.mark.parametrize("name", ["", "  ", "a" * 100, "an\nna", "tom and open the door"])
def test_what_is_no_name(tmp_path, name):
    with pytest.raises(ProfileError, match="cannot be a name"):
        Profiles(tmp_path).put(profile(name))


def test_a_folder_that_is_only_read(tmp_path):
    Profiles(tmp_path).put(profile("Anna"))
    reading = Profiles(tmp_path, kept=False)
    reading.put(profile("Ben"))
    reading.forget("Anna")
    assert [each.name for each in reading.all()] == ["Ben"]
    assert [each.name for each in Profiles(tmp_path).all()] == ["Anna"]
