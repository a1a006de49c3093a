"""Whispers made of speech."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the extra `train` is not installed")

from assistant.audio.file import read_samples
from training.whisper import SOFTER_DB, whispered

SPEECH = Path(__file__).parents[2] / "demo" / "01-kitchen-light.ogg"


def voicing(samples):
    """The highest autocorrelation at a lag of 2.5 to 14 ms, in the mean over loud frames."""
    frames = samples[: len(samples) // 640 * 640].reshape(-1, 640).astype(float)
    loud = frames[np.square(frames).mean(1) > np.square(samples.astype(float)).mean()]
    return np.mean([max(f[lag:] @ f[:-lag] for lag in range(40, 224)) / (f @ f) for f in loud])


def test_a_whisper_has_the_words_pauses_and_no_pitch():
    speech = asyncio.run(read_samples(str(SPEECH)))
    whisper = whispered(speech)
    assert whisper.shape == speech.shape
    assert voicing(speech) > 0.6
    assert voicing(whisper) < 0.4
    loud, soft = (np.square(each.astype(float)) for each in (speech, whisper))
    assert 10 * np.log10(loud.mean() / soft.mean()) == pytest.approx(SOFTER_DB, abs=1.0)
    levels = [np.log(each[:48_000].reshape(-1, 1600).mean(1) + 1) for each in (loud, soft)]
    assert np.corrcoef(*levels)[0, 1] > 0.7


def test_silence_stays_silent():
    assert not whispered(np.zeros(16_000, np.int16)).any()
