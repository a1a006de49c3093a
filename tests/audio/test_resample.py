"""Whatever a file holds becomes 16 kHz samples."""

import numpy as np
import pytest

from assistant.audio.resample import Resampler
from assistant.audio.source import SAMPLE_RATE, AudioError


def tone(rate, duration_s=1.0, hz=440.0):
    times_s = np.arange(round(rate * duration_s)) / rate
    return (0.5 * np.sin(2 * np.pi * hz * times_s)).astype(np.float32)[:, None]


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 44_100, 192_000])
def test_a_tone_stays_itself_at_any_rate(rate):
    samples = Resampler(rate, 1).convert(tone(rate), last=True)
    assert abs(len(samples) - SAMPLE_RATE) <= 1
    middle = slice(2000, 14_000)
    expected = tone(SAMPLE_RATE)[:, 0][middle] * 32768
    np.testing.assert_allclose(samples[middle], expected, atol=100)


def test_blocks_give_what_the_whole_gives():
    audio = tone(44_100)
    whole = Resampler(44_100, 1).convert(audio, last=True)
    stream = Resampler(44_100, 1)
    blocks = [stream.convert(audio[start : start + 4410]) for start in range(0, 44_100, 4410)]
    end = stream.convert(audio[:0], last=True)
    np.testing.assert_allclose(np.concatenate([*blocks, end]), whole, atol=1)


def test_two_channels_are_averaged_and_of_more_the_first_counts():
    left, right = tone(SAMPLE_RATE), np.zeros((SAMPLE_RATE, 1), np.float32)
    alone = Resampler(SAMPLE_RATE, 1).convert(left)
    both = Resampler(SAMPLE_RATE, 2).convert(np.hstack([left, right]))
    np.testing.assert_allclose(both, alone / 2, atol=1)
    array = np.hstack([left, right, right, right])
    np.testing.assert_array_equal(Resampler(SAMPLE_RATE, 4).convert(array), alone)


@pytest.mark.filterwarnings("error")
def test_too_loud_is_clipped_and_no_number_is_silence():
    block = np.array([[2.0], [-2.0], [np.inf], [-np.inf], [np.nan]], np.float32)
    samples = Resampler(SAMPLE_RATE, 1).convert(block, last=True)
    assert samples.tolist() == [32767, -32768, 32767, -32768, 0]


def test_a_rate_that_makes_no_sense_is_an_error():
    with pytest.raises(AudioError, match="cannot resample audio of 0 Hz"):
        Resampler(0, 1)
