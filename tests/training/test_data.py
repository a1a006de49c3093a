"""Batches for training, from one of the demo's recordings."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from assistant.asr.features.whisper_mel import log_mel
from training import augment, corpus, data, tokens
from training.data import Utterances

DEMO = Path(__file__).parents[2] / "demo"


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spoken")
    file = min(DEMO.glob("*.ogg"))
    samples, _ = soundfile.read(file, dtype="int16")
    corpus.write(folder, [("lights on", "someone", samples)] * 4)
    tokens.train(["lights on", "turn the kitchen lights off", "what time is it"], 24, folder)
    return folder


def batches(folder, count, **settings):
    vocabulary = tokens.load(folder)
    utterances = Utterances({folder: 1.0}, vocabulary, None, batch_s=30.0, seed=1, **settings)
    return [batch for batch, _ in zip(utterances, range(count), strict=False)]


def test_some_batches_wait_before_and_after_the_speech(spoken, monkeypatch):
    frames = {int(batch.frames.max()) for batch in batches(spoken, 4, clean=10)}
    assert len(frames) == 1, "as long as the recording"
    monkeypatch.setattr(data, "WAITING", 1.0)
    waited = batches(spoken, 4, augmented=0.0)
    for batch in waited:
        assert 0 <= int(batch.frames.max()) - max(frames) <= 100 * sum(data.LONGEST_WAITS_S) + 4
        assert len(set(batch.frames.tolist())) == 1, "all wait for as long"
    assert len({int(batch.frames.max()) for batch in waited}) > 1


def test_a_part_of_a_batch_has_no_more_padding_than_it_needs(spoken):
    [batch] = batches(spoken, 1)
    part = batch.rows(torch.tensor([0]))
    assert part.features.shape == (1, int(batch.frames[0]), 80)
    assert part.labels.shape == (1, int(batch.label_lengths[0]))


def test_what_a_teacher_hears_clean_is_the_speech_without_room_noise_and_masks(spoken, monkeypatch):
    monkeypatch.setattr(data, "WAITING", 0.0)
    for happens in ("HESITATING", "STRETCHED", "WARPED"):
        monkeypatch.setattr(augment, happens, 0.0)
    [batch] = batches(spoken, 1, clean_too=True)
    exact = log_mel(corpus.Corpus(spoken).audio(0).astype(np.float32) / 32768.0)
    for features, clean in zip(batch.features, batch.clean, strict=True):
        torch.testing.assert_close(clean[: len(exact)], torch.from_numpy(exact))
        assert not torch.equal(features, clean)
    assert torch.equal(batch.rows(torch.tensor([1])).clean[0], batch.clean[1])
    for settings in ({"clean_too": True, "augmented": 0.0}, {"clean_too": False}):
        [batch] = batches(spoken, 1, **settings)
        assert torch.equal(batch.features, batch.clean), "nothing to tell apart, or not asked for"


def test_the_same_words_are_said_at_the_same_time_in_the_clean_and_the_noisy(spoken, monkeypatch):
    for happens in ("HESITATING", "STRETCHED", "WARPED"):
        monkeypatch.setattr(augment, happens, 1.0)
    for happens in ("ROOMY", "TILTED", "MASKED_BANDS"):
        monkeypatch.setattr(augment, happens, 0)
    monkeypatch.setattr(augment, "HISS_DB", (80.0, 80.0))
    monkeypatch.setattr(augment, "PEAK_DB", (-3.0, -3.0))
    [batch] = batches(spoken, 1, clean_too=True)
    for features, clean, frames in zip(batch.features, batch.clean, batch.frames, strict=True):
        levels = [x[:frames].mean(1) - x[:frames].mean() for x in (features, clean)]
        assert float(torch.nn.functional.cosine_similarity(*levels, dim=0)) > 0.7
