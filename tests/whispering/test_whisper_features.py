"""What a frame tells of whispering."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.whispering.features import COUNT, HOP, MELS, WINDOW, Features

HARMONICITY = slice(MELS, MELS + 2)


def noise(length, level=3000.0, seed=0):
    return (level * np.random.default_rng(seed).standard_normal(length)).astype(np.int16)


def pulses(pitch_hz, length=16_000):
    """A buzz: all harmonics of a pitch."""
    samples = np.zeros(length)
    samples[np.arange(0, length, 16_000 / pitch_hz).astype(int)] = 20_000
    return samples.astype(np.int16)


@given(cuts=st.lists(st.integers(0, 9000), max_size=6), seed=st.integers(0, 5))
@settings(deadline=None, max_examples=40)
def test_features_are_the_same_however_the_audio_is_cut(cuts, seed):
    samples = np.concatenate([noise(5000, 200.0, seed), pulses(150, 4000)])
    stream = Features()
    parts = np.split(samples, sorted(cuts))
    cut = np.concatenate([stream.accept(part) for part in parts])
    whole = Features().accept(samples)
    assert whole.shape == ((9000 + WINDOW - HOP - WINDOW) // HOP + 1, COUNT)
    np.testing.assert_allclose(cut, whole, atol=1e-3)


@given(loudness_db=st.floats(-46.0, 0.0), seed=st.integers(0, 3))
@settings(deadline=None, max_examples=40)
def test_how_loud_it_is_does_not_matter(loudness_db, seed):
    loud = noise(16_000, 6000.0, seed)
    soft = np.rint(loud * 10.0 ** (loudness_db / 20.0)).astype(np.int16)
    np.testing.assert_allclose(Features().accept(soft), Features().accept(loud), atol=0.15)


@given(samples=st.lists(st.integers(-32768, 32767), min_size=1, max_size=40))
@settings(deadline=None, max_examples=60)
def test_all_values_are_finite_and_harmonicity_is_a_share(samples):
    found = Features().accept(np.resize(np.array(samples, np.int16), 4000))
    assert np.isfinite(found).all()
    assert (found[:, HARMONICITY] >= 0.0).all()
    assert (found[:, HARMONICITY] <= 1.0).all()
    assert (found[:, -1] <= 1e-4).all()


@pytest.mark.parametrize("pitch_hz", [75, 110, 150, 220, 300, 420])
def test_a_pitch_is_harmonic_and_noise_is_not(pitch_hz):
    assert Features().accept(pulses(pitch_hz))[3:, HARMONICITY].mean() > 0.85
    assert Features().accept(noise(16_000))[3:, HARMONICITY].mean() < 0.45


def test_the_level_is_beside_the_loudest_which_fades():
    loud, soft = noise(8000, 8000.0), noise(32_000, 80.0)
    level = Features().accept(np.concatenate([loud, soft]))[:, -1] / np.log(10) * 10
    assert level[5:20].max() > -3
    assert level[30] == pytest.approx(-40, abs=3)
    assert level[-1] == pytest.approx(level[30] + 6, abs=3)


def test_silence_is_silence():
    found = Features().accept(np.zeros(8000, np.int16))
    assert not found[:, : MELS + 2].any()
