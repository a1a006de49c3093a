"""What hears phonemes: PyTorch and NumPy compute the same, and it learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra `train` is not installed")

import torch

from assistant.asr.biasing.phonemes import PhonemeNetwork as OnDevice
from tests.asr.toy_network import ToyNetwork
from training.export_phonemes import export
from training.heard_examples import Examples, write
from training.phonemes import PhonemeNetwork
from training.train_phonemes import Batches, Sounds, error_rate, loss_of, save

KNOWN = {
    "en-us": {"ann": "æn", "light": "laɪt", "a": "ə"},
    "en-gb": {"ann": "an", "light": "laɪt", "a": "ə"},
}


def examples(folder: Path) -> Examples:
    """Two words that a toy recogniser hears, each several times in other noise."""
    rng = np.random.default_rng(2)
    sounds = {"ann": rng.normal(0, 0.3, 9600), "a light": rng.normal(0, 0.02, 12_800)}
    spoken = [
        (text, (sound + rng.normal(0, 0.001, len(sound))).astype(np.float32))
        for _ in range(8)
        for text, sound in sounds.items()
    ]
    network = ToyNetwork()
    network.whole_frames = 256
    assert write(folder, network, spoken) == len(spoken)
    return Examples(folder)


def test_numpy_computes_what_pytorch_does(tmp_path: Path) -> None:
    """With weights of int8, as they are written."""
    torch.manual_seed(1)
    network = PhonemeNetwork(8, len(Sounds(KNOWN).phonemes), width=16)
    network.standardise(torch.randn(50, 8))
    save(tmp_path, network, Sounds(KNOWN))
    export(tmp_path / "phonemes.pt", tmp_path / "phonemes.npz")
    heard = np.random.default_rng(3).normal(size=(7, 8)).astype(np.float32)
    wanted = network(torch.from_numpy(heard)[None], torch.tensor([7]))[0].detach().numpy()
    assert OnDevice.load(tmp_path / "phonemes.npz").log_probs(heard) == pytest.approx(
        wanted, abs=0.05
    )


def test_it_learns_what_is_said(tmp_path: Path) -> None:
    """In the accent that fits better, whichever it is."""
    torch.manual_seed(1)
    folder, sounds = examples(tmp_path / "heard"), Sounds(KNOWN)
    network = PhonemeNetwork(folder.width, len(sounds.phonemes), width=32)
    network.standardise(torch.from_numpy(folder.heard_first(100)))
    batches = Batches([folder], sounds, 200, 1)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    endless = iter(batches)
    for _ in range(120):
        optimiser.zero_grad()
        loss_of(network, next(endless)).backward()
        optimiser.step()
    assert error_rate(network, batches.all()) < 0.1


def test_padding_says_nothing() -> None:
    """An utterance comes out the same, whatever is longer in its batch."""
    network = PhonemeNetwork(4, 3, width=8)
    alone = torch.randn(1, 5, 4)
    padded = torch.cat([alone, torch.randn(1, 3, 4)], 1)
    by_itself = network(alone, torch.tensor([5]))
    assert network(padded, torch.tensor([5]))[:, :10].detach().numpy() == pytest.approx(
        by_itself.detach().numpy(), abs=1e-5
    )


def test_a_text_with_a_word_of_unknown_sound_is_left_out() -> None:
    """Its phonemes would be wrong."""
    sounds = Sounds(KNOWN)
    assert sounds.of(["ann", "xyz"], "en-us") is None
    assert len(sounds.of(["a", "light"], "en-gb") or []) == 5
