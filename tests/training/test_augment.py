import numpy as np
import pytest

from assistant.asr.features.whisper_mel import log_mel
from training import augment, corpus
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
    change = Augmenter(noise, seed=3)
    speech = (np.random.default_rng(1).normal(0, 3000, 32_000)).astype(np.int16)
    made = [change(speech) for _ in range(20)]
    for audio in made:
        assert np.isfinite(audio).all()
        assert np.abs(audio).max() <= 1.0001
        assert 0.8 * len(speech) < len(audio) < 1.25 * len(speech)
    assert len({audio.tobytes() for audio in made}) == 20


def test_masks_leave_the_original_alone():
    features = np.random.default_rng(0).normal(size=(200, 80)).astype(np.float32)
    before = features.copy()
    masked = spec_augment(features, np.random.default_rng(1))
    assert (features == before).all()
    assert (masked != before).any()
    assert (masked == before).mean() > 0.3


def test_a_shorter_vocal_tract_moves_a_tone_up():
    def tone(hz):
        return log_mel(np.sin(2 * np.pi * hz / 16_000 * np.arange(16_000)).astype(np.float32))[10]

    assert (augment.warp(0) == np.eye(80)).all()
    # Features at a place are those of a frequency higher by the factor before.
    for hz in (1000.0, 2000.0, 4000.0):
        assert abs((tone(1.1 * hz) @ augment.warp(10)).argmax() - tone(hz).argmax()) <= 1
        assert abs(tone(1.1 * hz).argmax() - tone(hz).argmax()) > 1
    for percent in range(-12, 13):
        matrix = augment.warp(percent)
        np.testing.assert_allclose(matrix.sum(0), 1.0, atol=1e-5)
        assert (matrix >= 0).all()


def test_some_vocal_tracts_stay_as_they_are():
    rng = np.random.default_rng(0)
    kept = sum((augment.random_warp(rng) == np.eye(80)).all() for _ in range(400))
    assert 0.4 < kept / 400 < 0.65


def _two_words(gap_s):
    rng = np.random.default_rng(4)
    word = (rng.standard_normal(8000) * 6000).astype(np.int16)
    gap = rng.integers(-20, 20, int(gap_s * 16_000)).astype(np.int16)
    return np.concatenate([gap, word, gap, word, gap])


def test_a_hesitation_makes_the_pause_within_a_sentence_longer():
    samples = _two_words(0.2)
    ((begin, end),) = augment.pauses(samples)
    heard = augment.hesitate(samples, np.random.default_rng(1))
    ((longer_begin, longer_end),) = augment.pauses(heard)
    assert longer_begin == begin
    assert longer_end - longer_begin - (end - begin) == pytest.approx(
        len(heard) - len(samples), abs=augment.HOP
    )
    assert 1600 <= len(heard) - len(samples) <= augment.LONGEST_HESITATION_S * 16_000
    np.testing.assert_array_equal(heard[:begin], samples[:begin])
    np.testing.assert_array_equal(heard[-8000:], samples[-8000:])


def test_who_does_not_pause_does_not_hesitate():
    samples = _two_words(0.05)
    assert augment.pauses(samples) == []
    assert augment.hesitate(samples, np.random.default_rng(1)) is samples


def test_silence_has_no_pauses():
    assert augment.pauses(np.zeros(16_000, np.int16)) == []
    assert augment.pauses(np.zeros(0, np.int16)) == []


def test_codecs_change_what_is_sent_through_them_and_nothing_else(noise):
    speech = (np.random.default_rng(1).normal(0, 3000, 16_000)).astype(np.int16)
    plain, without, coded = (
        Augmenter(noise, seed=3, **share)
        for share in ({}, {"codec_share": 0.0}, {"codec_share": 1.0})
    )
    for _ in range(3):
        assert plain(speech).tobytes() == without(speech).tobytes()
    once, sent = Augmenter(noise, seed=3)(speech), coded(speech)
    assert len(sent) == len(once)
    assert (sent != once).any()
    assert np.corrcoef(sent, once)[0, 1] > 0.3, "the same speech, at the same time"
    some = Augmenter(None, seed=5, codec_share=0.5)
    telephones = 0
    for _ in range(40):
        spectrum = np.abs(np.fft.rfft(some(speech)))
        telephones += spectrum[-len(spectrum) // 3 :].sum() < 0.05 * spectrum.sum()
    assert 2 <= telephones <= 20
