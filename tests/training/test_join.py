"""Recordings joined for training."""

import numpy as np
import pytest

from training import corpus, join
from training.corpus import Corpus
from training.data import LONGEST_S


def speech(rng, seconds, loud):
    return (rng.normal(0, loud, int(seconds * 16_000))).astype(np.int16)


@pytest.fixture
def corpora(tmp_path):
    rng = np.random.default_rng(0)
    known = [(f"word{n}", f"speaker{n % 3}", speech(rng, 2, 100 * (n + 1))) for n in range(12)]
    unknown = [(f"line{n}", f"line{n}", speech(rng, 7, 3000)) for n in range(5)]
    corpus.write(tmp_path / "known", known)
    corpus.write(tmp_path / "unknown", unknown)
    return [Corpus(tmp_path / "known"), Corpus(tmp_path / "unknown")]


def test_only_recordings_of_one_speaker_are_joined_as_far_as_they_fit(corpora):
    made = list(join.several(corpora, 60, np.random.default_rng(1)))
    assert len(made) == 60
    voices = {entry.text: entry.voice for entry in corpora[0].entries}
    for text, voice, samples in made:
        words = text.split()
        assert len(set(words)) == len(words) >= 2
        assert len(samples) <= LONGEST_S * 16_000
        if words[0] in voices:
            assert {voices[word] for word in words} == {voice}
            spoken = 2 * len(words) * 16_000
            assert spoken < len(samples) < spoken + 0.6 * 16_000 * len(words)
        else:
            assert len(words) == 2, "a third does not fit"


def test_all_parts_are_as_loud(corpora):
    rng = np.random.default_rng(2)
    parts = [(corpora[0], 0), (corpora[0], 9)]
    _, _, samples = join.joined(parts, rng)
    first, last = samples[:30_000].astype(float), samples[-30_000:].astype(float)
    assert first.std() == pytest.approx(last.std(), rel=0.1)


def test_without_two_recordings_of_a_speaker_there_is_nothing_to_join(tmp_path):
    corpus.write(tmp_path, [("word", "someone", np.ones(16_000, np.int16))])
    with pytest.raises(ValueError, match="no speaker"):
        next(join.several([Corpus(tmp_path)], 1, np.random.default_rng(0)))
