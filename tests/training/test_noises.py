"""Noise that is made: clatter and babble."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.audio.source import SAMPLE_RATE
from training import noises
from training.corpus import Corpus, write


def speech(folder):
    """Three tones that take turns with silence, as speakers."""
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    said = [np.sin(2 * np.pi * hz * time) * (time % 0.5 < 0.3) for hz in (200, 300, 400)]
    write(folder, [("a", str(n), (8000 * x).astype(np.int16)) for n, x in enumerate(said)])
    return Corpus(folder)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_hit_dies_away(seed):
    sound = noises.hit(np.random.default_rng(seed))
    quarter = len(sound) // 4
    assert np.isfinite(sound).all()
    assert np.square(sound[-quarter:]).sum() < 0.01 * np.square(sound[:quarter]).sum()


def test_clips_are_added_to_a_corpus(tmp_path):
    people = speech(tmp_path / "people")
    out = tmp_path / "noise"
    write(out, [("rain", "rain", np.ones(100, np.int16))])
    assert write(out, noises.clips([people], 2, np.random.default_rng(1))) == 4
    corpus = Corpus(out)
    assert [each.text for each in corpus.entries] == ["rain", *["clatter", "babble"] * 2]
    for index in range(1, 5):
        clip = corpus.audio(index)
        assert len(clip) == noises.CLIP_S * SAMPLE_RATE
        assert np.abs(clip).max() in {16383, 16384}


def test_babble_is_never_one_speaker(tmp_path):
    """At any time several talk, so a clip is never silent for long; a speaker alone is."""
    people = [speech(tmp_path / "people")]
    clip = noises.babble(people, np.random.default_rng(3))
    levels = np.abs(clip).reshape(-1, SAMPLE_RATE // 2).mean(axis=1)
    assert levels.min() > 0.2 * levels.max()
