"""However late the loudspeaker begins, the echo follows what the canceller is told as always."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.audio.echo_alignment import AlignedCanceller
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE

PAUSE = np.zeros(SAMPLE_RATE, np.int16)
AFTER = 160
LOOKED_AT = 24
"""Frames in which an echo is found at the latest, where nobody speaks."""


class Told:
    """A canceller that keeps what it is told, and lets half of it through."""

    def __init__(self):
        self.near, self.far = [], []

    def process(self, near, far):
        self.near.append(near)
        self.far.append(far)
        return near // 2


def sound(seed, length_s=1.0):
    noise = np.random.default_rng(seed)
    return noise.normal(0, 3000, round(length_s * SAMPLE_RATE)).astype(np.int16)


def late(played, by):
    return np.concatenate([np.zeros(by, np.int16), played])[: played.size]


def frames(samples):
    return samples.reshape(-1, FRAME_SAMPLES)


def run(aligned, played, by):
    """What is left of sounds whose echo comes so many samples late."""
    near = frames(late(played, by))
    return [aligned.process(*each) for each in zip(near, frames(played), strict=True)]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(AFTER, 4700), min_size=1, max_size=4))
def test_the_echo_of_each_sound_comes_equally_late(delays):
    told = Told()
    aligned = AlignedCanceller(told)
    for seed, by in enumerate(delays):
        played = np.concatenate([sound(seed), PAUSE])
        run(aligned, played, by)
        # What was gone through again stands there twice: the last time counts.
        near, far = (np.concatenate(each)[-played.size :] for each in (told.near, told.far))
        first = LOOKED_AT * FRAME_SAMPLES
        assert np.array_equal(near[first + AFTER :], far[first:-AFTER])


def test_while_an_echo_is_looked_for_it_stays_and_is_gone_through_afterwards():
    told = Told()
    played = np.concatenate([sound(1), PAUSE])
    left = run(AlignedCanceller(told), played, 1000)
    near = frames(late(played, 1000))
    looked = next(at for at, each in enumerate(left) if not np.array_equal(each, near[at]))
    assert 15 <= looked <= LOOKED_AT
    assert np.array_equal(left[looked:], near[looked:] // 2)
    assert np.array_equal(told.near, near)


def test_what_comes_as_late_as_twice_before_is_cancelled_at_once():
    told = Told()
    aligned = AlignedCanceller(told)
    for seed in (1, 2):
        run(aligned, np.concatenate([sound(seed), PAUSE]), 1000)
    played = np.concatenate([sound(3), PAUSE])
    assert np.array_equal(run(aligned, played, 1000), frames(late(played, 1000)) // 2)
    left = run(aligned, played, 1400)
    assert np.array_equal(left, frames(late(played, 1400)) // 2), "it is not known before"
    told.far.clear()
    again = run(aligned, played, 1000)
    assert np.array_equal(again[5], frames(late(played, 1000))[5]), "now it may come at any time"


def test_an_echo_that_is_not_heard_is_given_up():
    told = Told()
    played = np.concatenate([sound(1, 2.0), PAUSE])
    near = frames(sound(2, 3.0))
    aligned = AlignedCanceller(told)
    left = [aligned.process(*each) for each in zip(near, frames(played), strict=True)]
    assert np.array_equal(left[:98], near[:98])
    assert np.array_equal(left[102:], near[102:] // 2)
    assert np.array_equal(told.near, near)
