"""The voice filter learns from mixtures, and runs on the device as it was trained."""

import zlib

import numpy as np
import pytest
import torch

from assistant.asr.features import voice_filter as device
from assistant.asr.features.whisper_mel import FLOOR, log_mel
from assistant.asr.networks.manifest import ModelError
from assistant.audio.source import SAMPLE_RATE
from training import mixtures
from training.corpus import Corpus, write
from training.export_voice_filter import export
from training.model import Encoder, ModelSettings
from training.voice_filter import DILATIONS, KERNEL, Losses, VoiceFilter, train

SIZE = 2


class Embedder:
    """Tells the voices of this test by what they sound like."""

    version = "some"

    def embed(self, speech):
        power = np.abs(np.fft.rfft(speech.astype(np.float32), 2 * mixtures.EMBEDDING))
        return np.log1p(power[1 : mixtures.EMBEDDING + 1]).astype(np.float32)


def voice(name, seconds, rng):
    """A tone of its own with pauses, int16."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hz = 150 + zlib.crc32(name.encode()) % 400
    tone = sum(np.sin(2 * np.pi * hz * k * time) / k for k in range(1, 8))
    spoken = np.repeat(rng.random(int(seconds * 10) + 1) < 0.7, SAMPLE_RATE // 10)[: len(time)]
    return (3000 * tone * spoken + rng.normal(0, 5, len(time))).astype(np.int16)


@pytest.fixture(scope="module")
def mixer(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("corpora"), np.random.default_rng(1)
    write(
        folder / "speech",
        [(f"{n}", name, voice(name, 3.0, rng)) for n in range(3) for name in ("ann", "bob", "cy")],
    )
    noise = rng.normal(0, 500, SAMPLE_RATE).astype(np.int16)
    write(folder / "noise", [("noise", "noise", noise)])
    return mixtures.Mixer([Corpus(folder / "speech")], Embedder(), Corpus(folder / "noise"), 3)


@pytest.fixture(scope="module")
def losses():
    torch.manual_seed(1)
    return Losses(Encoder(ModelSettings(width=48, heads=2, hidden=32, joint=16)))


def test_mixtures_hold_more_than_what_is_wanted(mixer):
    for each in [mixer.draw(0.6) for _ in range(30)]:
        assert each.heard.shape == each.wanted.shape == (mixtures.SEGMENT // 160, 80)
        assert np.linalg.norm(each.voice) == pytest.approx(1.0, abs=1e-4)
        assert np.isfinite(each.heard).all()
        loud = each.heard > each.heard.max() - 0.5
        assert (each.heard - each.wanted)[loud].mean() > -0.02


def test_a_filter_that_was_never_trained_takes_hardly_anything_away(mixer, losses):
    batch = mixtures.stacked([mixer.draw(0.6) for _ in range(12)])
    made = losses(VoiceFilter(), batch)
    assert 0 < 4 * float(made["alone"]) < float(made["mixed"])


def test_it_learns_and_runs_on_the_device_as_trained(mixer, losses, tmp_path):
    torch.manual_seed(1)
    batches = [mixtures.stacked([mixer.draw(0.6) for _ in range(SIZE)]) for _ in range(4)]
    model = VoiceFilter()
    before = float(losses(model, batches[0])["off"].detach())
    train(model, losses, batches * 10, 5.0, tmp_path / "some.pt")
    assert float(losses(model, batches[0])["off"].detach()) < before
    export(tmp_path / "some.pt", tmp_path / "model")
    on_device = device.VoiceFilter(tmp_path / "model", Embedder().embed)
    samples = np.random.default_rng(1).normal(0, 2000, SAMPLE_RATE).astype(np.int16)
    anchor = on_device.anchor(samples)
    heard = batches[0].heard[0]
    made = on_device.filtered(heard.numpy(), anchor)
    told = Embedder().embed(samples)
    told = torch.from_numpy(told / np.linalg.norm(told))
    level = log_mel(samples.astype(np.float32) / np.float32(32768)).mean()
    wanted = model(heard[None], told[None], torch.tensor([level]))
    assert np.abs(made - wanted[0].detach().numpy()).mean() < 0.01  # int8


@pytest.fixture(scope="module")
def on_device(tmp_path_factory):
    """One that was never trained."""
    folder = tmp_path_factory.mktemp("filter")
    torch.manual_seed(5)
    torch.save(VoiceFilter().state_dict(), folder / "some.pt")
    export(folder / "some.pt", folder / "model")
    return device.VoiceFilter(folder / "model", Embedder().embed)


def test_a_frame_depends_on_the_seconds_around_it(on_device):
    """As many before it as after it, and on nothing further away."""
    rng = np.random.default_rng(2)
    anchor = on_device.anchor(rng.normal(0, 2000, 9000).astype(np.int16))
    heard = rng.normal(0, 0.3, (701, 80)).astype(np.float32)
    whole = on_device.filtered(heard, anchor)
    assert whole.shape == heard.shape
    assert (whole <= np.maximum(heard, FLOOR) + 1e-6).all()
    other = heard.copy()
    other[300] += 1.0
    changed = np.flatnonzero(np.abs(on_device.filtered(other, anchor) - whole).max(1) > 1e-5)
    reach = device.STACKED * (KERNEL // 2) * sum(DILATIONS)
    assert 300 - reach <= changed.min() < 300 < changed.max() <= 301 + reach


def test_a_moment_says_nothing_of_a_voice(on_device):
    assert on_device.anchor(np.zeros(4000, np.int16)) is None


def test_another_file_is_an_error(tmp_path):
    (tmp_path / "network.npz").write_bytes(b"nothing")
    device.MODEL.write(tmp_path, "some", "Apache-2.0", {})
    with pytest.raises(ModelError, match="fetch the model again"):
        device.VoiceFilter(tmp_path, Embedder().embed)
