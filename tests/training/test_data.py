"""Batches for training, from one of the demo's recordings."""

from pathlib import Path

import pytest
import soundfile
import torch

from training import corpus, data, tokens
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
