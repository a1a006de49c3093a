"""Probability of having heard the words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.app.recognition import load_recogniser
from assistant.asr.confidence import confidence, evidence
from assistant.asr.result import RecognitionResult
from assistant.audio.file import FileSource
from assistant.config import Settings
from assistant.lattice.graph import Lattice
from tests.household import hypothesis

AFTER_WAKE_WORD = 20_000
SCORES = st.lists(st.floats(-30, 5), min_size=1, max_size=5)


def result(*scores, text="turn on the light", both=False):
    nbest = tuple(hypothesis(text, score) for score in sorted(scores, reverse=True))
    return RecognitionResult(nbest, Lattice((), (), 0, 0), 0.0, 0.0, by_both_decoders=both)


@given(SCORES, st.booleans())
def test_it_is_a_probability(scores, both):
    assert 0 < confidence(result(*scores, both=both)) < 1


@given(SCORES, st.floats(0.1, 10), st.booleans())
def test_a_worse_score_is_less_sure(scores, by, both):
    worse = result(*(score - by for score in scores), both=both)
    assert confidence(worse) < confidence(result(*scores, both=both))


def test_a_rival_makes_it_less_sure():
    assert confidence(result(0.0, -0.1)) < confidence(result(0.0, -3.0))


def test_what_is_long_is_not_less_sure_for_that():
    short, long = result(-1.0), result(-2.0, text=" ".join(["word"] * 12))
    assert evidence(long)[1] == pytest.approx(evidence(short)[1])


def test_no_words_are_no_hearing():
    assert confidence(result(0.0, text="")) == 0


async def test_a_recording_is_surer_than_the_same_in_noise():
    recogniser = load_recogniser(Settings())
    source = FileSource("demo/01-kitchen-light.ogg")
    audio = np.concatenate([frame async for frame in source.frames()])[AFTER_WAKE_WORD:]
    noise = np.random.default_rng(1).normal(0, 2000, audio.size)

    def heard(samples):
        stream = recogniser.open()
        stream.accept(samples.astype(np.int16))
        return confidence(stream.finish())

    loud = np.clip(audio * 0.1 + noise, -32768, 32767)
    assert heard(loud) < 0.2
    assert heard(audio) > 0.4
