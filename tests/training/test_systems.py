"""Recognisers that an evaluation can put side by side."""

import numpy as np
import pytest
import torch

from training import systems
from training.model import ModelSettings, Transducer
from training.pack import pack


def test_a_packed_model_is_heard_on_the_edge_runtime(tmp_path):
    torch.manual_seed(3)
    shape = ModelSettings(vocabulary=16, width=32, heads=2, layers=1, hidden=48, joint=32)
    pieces = ["<blk>", "<unk>", "</s>", *(f"▁{letter}" for letter in "abcdefghijklm")]
    pack(Transducer(shape).state_dict(), shape, pieces, tmp_path / "model.edge")
    system = systems.load(f"edge:{tmp_path}")
    assert "edge" in system.name
    samples = np.random.default_rng(0).integers(-3000, 3000, 16_000).astype(np.int16)
    assert set(system.transcribe(samples).split()) <= set("abcdefghijklm")


@pytest.mark.parametrize(
    ("description", "said"),
    [
        ("edge", "KIND:PATH"),
        ("radio:x", "hearth, edge"),
        ("edge:nowhere", "nowhere does not exist"),
    ],
)
def test_what_is_no_system_is_named(description, said):
    with pytest.raises(systems.UnavailableError, match=said):
        systems.load(description)
