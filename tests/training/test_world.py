"""Whispers made by WORLD, and what the detector of whispers learns from."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the extra `train` is not installed")
pytest.importorskip(
    "pyworld", reason="the extra `synthesis` is not installed", exc_type=ImportError
)

from assistant.audio.file import read_samples
from assistant.whispering.features import COUNT, MELS, Features
from training.corpus import Corpus, write
from training.whisper_detector import read
from training.whisper_examples import LEVEL_DB, Counts, Example, Excerpts, examples, heard
from training.whisper_examples import write as write_examples
from training.world import resynthesised, whispered

SPEECH = asyncio.run(
    read_samples(str(Path(__file__).parents[2] / "demo" / "01-kitchen-light.ogg"))
)[:32_000]


def voicing(samples):
    """Mean harmonicity below 1 kHz, where it is loud."""
    features = Features().accept(samples)
    return features[features[:, -1] > -3.0, MELS].mean()


def test_a_whisper_has_no_pitch_and_is_softer_but_the_vocoder_alone_keeps_it():
    rng = np.random.default_rng(0)
    whisper, speech = whispered(SPEECH, rng), resynthesised(SPEECH, rng)
    assert whisper.shape == speech.shape == SPEECH.shape
    assert voicing(SPEECH) > 0.65
    assert voicing(speech) > 0.6
    assert voicing(whisper) < 0.5
    powers = [np.square(each.astype(float)).mean() for each in (SPEECH, whisper)]
    assert powers[1] < powers[0]


def test_silence_stays_silent():
    whisper = whispered(np.zeros(8000, np.int16), np.random.default_rng(0))
    assert np.abs(whisper).max() <= 1


@pytest.fixture
def corpora(tmp_path):
    write(tmp_path / "speech", [("turn on the light", f"s{n}", SPEECH) for n in range(3)])
    rng = np.random.default_rng(0)
    noises = [("noise", "noise", (500 * rng.standard_normal(20_000)).astype(np.int16))]
    write(tmp_path / "noise", noises)
    return Corpus(tmp_path / "speech"), Corpus(tmp_path / "noise")


def test_both_the_vocoder_and_recordings_have_speech_and_whispers(corpora):
    speech, noise = corpora
    made = list(examples([speech], noise, Counts(2, 2, 0, 1, 1), seed=1))
    kinds = sorted((each.kind, each.whispered) for each in made)
    assert kinds == [
        ("hiss", False),
        ("noise", False),
        ("recorded", False),
        ("recorded", False),
        ("world", False),
        ("world", True),
        ("world", True),
    ]


def test_what_is_heard_has_the_level_that_was_drawn():
    rng = np.random.default_rng(0)
    for _ in range(10):
        found = heard(SPEECH, lambda samples: samples.astype(np.float32) / 32768, rng)
        peak_db = 20 * np.log10(np.abs(found.astype(int)).max() / 32767)
        assert LEVEL_DB[0] - 0.1 <= peak_db <= LEVEL_DB[1] + 0.1
        assert SPEECH.size <= found.size <= SPEECH.size + 32_000


def test_examples_are_written_with_their_labels(corpora, tmp_path):
    _, noise = corpora
    made = [Example(SPEECH, False, "recorded", "a"), Example(SPEECH, True, "espeak", "b")]
    assert write_examples(tmp_path / "x.npz", iter(made), noise, seed=1) == 3
    features, whisper, apart = read([tmp_path / "x.npz"])
    assert whisper.tolist() == [False, True, True]
    assert apart.dtype == bool
    assert all(each.shape[1] == COUNT and len(each) >= 99 for each in features)


def test_excerpts_are_no_longer_than_what_is_learned_from(corpora):
    speech, _ = corpora
    picked = list(Excerpts([speech], np.random.default_rng(0)).pick(4))
    assert {samples.size for samples, _, _ in picked} == {SPEECH.size}
