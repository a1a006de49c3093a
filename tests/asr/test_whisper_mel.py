"""Features stream: pieces of audio give what the whole gives."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.asr.features.whisper_mel import (
    FLOOR,
    HOP,
    FeatureStream,
    log_mel,
    mel_filters,
)
from assistant.audio.source import SAMPLE_RATE

AUDIO = np.random.default_rng(0).integers(-20_000, 20_000, 4_000).astype(np.int16)


@given(st.lists(st.integers(0, len(AUDIO)), max_size=8))
def test_any_slicing_gives_the_same_frames(cuts):
    stream = FeatureStream()
    bounds = [0, *sorted(cuts), len(AUDIO)]
    pieces = [stream.accept(AUDIO[a:b]) for a, b in pairwise(bounds)]
    whole = log_mel(AUDIO.astype(np.float32) / 32768.0)
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-6)
    assert len(whole) == len(AUDIO) // HOP


def test_a_frame_depends_on_no_later_sample():
    head = log_mel(np.zeros(3 * HOP, np.float32))
    later = log_mel(np.concatenate([np.zeros(3 * HOP), np.ones(2 * HOP)]).astype(np.float32))
    np.testing.assert_allclose(later[:3], head, atol=1e-6)
    np.testing.assert_allclose(head, FLOOR, atol=1e-6)
    assert later[3].max() > FLOOR + 0.1


@pytest.mark.parametrize("hz", [300.0, 1_000.0, 3_000.0])
def test_a_tone_is_loudest_in_the_band_that_contains_it(hz):
    tone = np.sin(2 * np.pi * hz * np.arange(8_000) / SAMPLE_RATE).astype(np.float32)
    band = int(log_mel(tone)[-1].argmax())
    peak_hz = mel_filters()[:, band].argmax() * SAMPLE_RATE / 400
    assert abs(peak_hz - hz) <= 60 + 0.05 * hz


def test_filters_have_equal_area():
    areas = mel_filters().sum(axis=0) * SAMPLE_RATE / 400
    assert np.allclose(areas, 1.0, atol=0.08)
