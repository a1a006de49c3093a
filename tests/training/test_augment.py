import numpy as np
import pytest

from training import corpus
from training.augment import Augmenter, in_noise, spec_augment


@pytest.fixture
def noise(tmp_path):
    samples = (np.random.default_rng(0).normal(0, 1000, 8_000)).astype(np.int16)
    corpus.write(tmp_path / "noise", [("noise", "hiss", samples)])
    return corpus.Corpus(tmp_path / "noise")


def test_noise_is_as_loud_as_asked(noise):
    speech = np.random.default_rng(1).normal(0, 0.1, 32_000).astype(np.float32)
    loud = in_noise(speech, noise, 0.0, np.random.default_rng(2))
    quiet = in_noise(speech, noise, 60.0, np.random.default_rng(2))
    ratio = np.sqrt(((loud - quiet) ** 2).mean() / (quiet**2).mean())
    assert ratio == pytest.approx(1.0, rel=0.1)


def test_augmented_audio_stays_in_range_and_varies(noise):
    augment = Augmenter(noise, seed=3)
    speech = (np.random.default_rng(1).normal(0, 3000, 32_000)).astype(np.int16)
    made = [augment(speech) for _ in range(20)]
    for audio in made:
        assert np.isfinite(audio).all()
        assert np.abs(audio).max() <= 1.0001
        assert 0.85 * len(speech) < len(audio) < 1.15 * len(speech)
    assert len({audio.tobytes() for audio in made}) == 20


def test_masks_leave_the_original_alone():
    features = np.random.default_rng(0).normal(size=(200, 80)).astype(np.float32)
    before = features.copy()
    masked = spec_augment(features, np.random.default_rng(1))
    assert (features == before).all()
    assert (masked != before).any()
    assert (masked == before).mean() > 0.3
