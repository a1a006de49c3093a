"""Batches that an accelerator makes, against those that a processor makes."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from assistant.asr.features.whisper_mel import FLOOR, log_mel
from training import augment, corpus, device_data, tokens
from training.data import FEW_SHAPES, LONGEST_WAITS_S, Shapes, Utterances
from training.device_data import DeviceUtterances

DEMO = Path(__file__).parents[2] / "demo"
CPU = torch.device("cpu")
TEXTS = ["lights on", "turn the kitchen lights off", "what time is it"]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spoken")
    files = sorted(DEMO.glob("*.ogg"))
    for text, file in zip(TEXTS, files, strict=False):
        corpus.write(folder, [(text, "someone", soundfile.read(file, dtype="int16")[0])])
    tokens.train(TEXTS, 24, folder)
    return folder


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    folder = tmp_path_factory.mktemp("noise")
    samples = np.random.default_rng(0).normal(0, 3000, (2, 20_000)).astype(np.int16)
    corpus.write(folder, [("noise", "hiss", row) for row in samples])
    return folder


def made(spoken, noise=None, count=1, **settings):
    settings = {"shapes": Shapes(), **settings}
    utterances = DeviceUtterances(
        {spoken: 1.0}, tokens.load(spoken), noise, device=CPU, batch_s=20.0, seed=1, **settings
    )
    return [batch for batch, _ in zip(utterances, range(count), strict=False)]


def test_without_augmentation_they_are_those_of_a_processor(spoken, monkeypatch):
    monkeypatch.setattr(device_data, "WAITING", 0.0)
    speech = corpus.Corpus(spoken)
    expected = {
        tuple(batch_labels): log_mel(speech.audio(index).astype(np.float32) / 32768.0)
        for index, batch_labels in enumerate(
            [[*tokens.load(spoken).encode(text), tokens.EOS] for text in TEXTS]
        )
    }
    processor = Utterances({spoken: 1.0}, tokens.load(spoken), None, batch_s=20.0, seed=1, clean=99)
    shapes = [batch.features.shape for batch, _ in zip(processor, range(3), strict=False)]
    batches = made(spoken, count=3, augmented=0.0)
    assert {shape[1:] for shape in shapes} == {batch.features.shape[1:] for batch in batches}
    for batch in batches:
        for row, features in enumerate(batch.features):
            labels = tuple(batch.labels[row, : batch.label_lengths[row]].tolist())
            exact = torch.from_numpy(expected[labels])
            assert batch.frames[row] == -(-len(exact) // 4) * 4
            torch.testing.assert_close(features[: len(exact)], exact, atol=2e-3, rtol=0)
            assert (features[len(exact) :] == FLOOR).all()


def test_augmented_recordings_vary_and_stay_finite(spoken, noise):
    lengths = set()
    for batch in made(spoken, noise, count=12):
        assert torch.isfinite(batch.features).all()
        assert batch.features.shape[1] % 4 == 0
        assert (batch.frames % 4 == 0).all()
        assert batch.features.shape[1] == batch.frames.max()
        lengths.update(batch.frames.tolist())
        beyond = torch.arange(batch.features.shape[1]) >= batch.frames[:, None]
        assert ((batch.features[beyond] - FLOOR).abs() < 1e-6).all()
    assert len(lengths) > 10


def test_batches_have_few_shapes(spoken, noise):
    exact = {batch.features.shape for batch in made(spoken, noise, count=30)}
    few = set()
    for batch in made(spoken, noise, count=30, shapes=FEW_SHAPES):
        rows, frames, _ = batch.features.shape
        assert frames % 128 == 0
        assert batch.labels.shape[1] % 16 == batch.pieces.shape[1] % 16 == 0
        assert rows % 8 == 0 or rows < 8
        beyond = torch.arange(frames) >= batch.frames[:, None]
        assert ((batch.features[beyond] - FLOOR).abs() < 1e-6).all()
        few.add(batch.features.shape)
    assert len(few) <= len(exact) / 3


def test_some_wait_before_and_after_the_speech(spoken, monkeypatch):
    monkeypatch.setattr(device_data, "WAITING", 0.0)
    shortest = min(int(batch.frames.min()) for batch in made(spoken, count=5, augmented=0.0))
    monkeypatch.setattr(device_data, "WAITING", 1.0)
    waited = min(int(batch.frames.min()) for batch in made(spoken, count=5, augmented=0.0))
    assert 0 < waited - shortest <= 100 * sum(LONGEST_WAITS_S) + 4


def test_a_hesitation_repeats_the_quiet_of_a_pause(tmp_path, monkeypatch):
    rng = np.random.default_rng(4)
    word = (rng.standard_normal(8000) * 6000).astype(np.int16)
    gap = rng.integers(-20, 20, 4800).astype(np.int16)
    samples = np.concatenate([word, gap, word])
    corpus.write(tmp_path, [("lights on", "someone", samples)] * 4)
    tokens.train(TEXTS, 24, tmp_path)
    utterances = DeviceUtterances(
        {tmp_path: 1.0}, tokens.load(tmp_path), None, device=CPU, batch_s=20.0, seed=1
    )
    monkeypatch.setattr(augment, "HESITATING", 1.0)
    draws, lengths = utterances._drawn(np.arange(4), np.ones(4, bool), 0, 0)
    draws.factor.fill_(1.0)
    heard = utterances._spoken(draws, int(lengths.max()) + 30_000, 0)
    for row in range(4):
        longer = int(draws.hesitation[1][row])
        sound = (heard[row, : len(samples) + longer] * 32768).round().short().numpy()
        ((begin, end),) = augment.pauses(sound)
        assert begin == 8000
        assert end - begin == pytest.approx(4800 + longer, abs=augment.HOP)
        np.testing.assert_array_equal(sound[:8000], word)
        np.testing.assert_array_equal(sound[-8000:], word)


def test_a_room_lets_the_sound_ring_on(spoken):
    click = torch.zeros(1, 4000)
    click[0, 100] = 1.0
    room = torch.zeros(1, 2000)
    room[0, 0], room[0, 500] = 1.0, 0.25
    heard = DeviceUtterances._in_rooms(click, room)
    assert heard.shape == click.shape
    torch.testing.assert_close(heard, 1.0 * click + 0.25 * click.roll(500, 1), atol=1e-5, rtol=0)


def test_what_a_teacher_hears_clean_is_the_speech_without_room_noise_and_masks(
    spoken, noise, monkeypatch
):
    monkeypatch.setattr(device_data, "WAITING", 0.0)
    for happens in ("HESITATING", "STRETCHED", "WARPED"):
        monkeypatch.setattr(augment, happens, 0.0)
    [noisy] = made(spoken, noise, clean_too=True)
    [exact] = made(spoken, augmented=0.0)
    assert not torch.equal(noisy.features, noisy.clean)
    rows = {float(row.sum()): row for row in exact.features}
    for row in noisy.clean:
        nearest = min(rows, key=lambda total: abs(total - float(row.sum())))
        torch.testing.assert_close(row, rows[nearest], atol=1e-4, rtol=0)


def test_codecs_change_the_sound_where_it_is_and_leave_what_is_beyond_it(
    spoken, noise, monkeypatch
):
    monkeypatch.setattr(device_data, "WAITING", 0.0)
    [plain] = made(spoken, noise, clean_too=True)
    [coded] = made(spoken, noise, clean_too=True, codec_share=1.0)
    torch.testing.assert_close(coded.clean, plain.clean)
    assert torch.isfinite(coded.features).all()
    for row, frames in enumerate(coded.frames):
        assert not torch.equal(coded.features[row, :frames], plain.features[row, :frames])
        assert ((coded.features[row, frames:] - FLOOR).abs() < 1e-6).all()
    [none] = made(spoken, augmented=0.0, codec_share=1.0)
    [exact] = made(spoken, augmented=0.0)
    assert torch.equal(none.features, exact.features), "only what is augmented is sent"
