import numpy as np
import pytest
import torch

from training.model import ModelSettings, Transducer
from training.pack import pack

SMALL = ModelSettings(
    vocabulary=40,
    mels=16,
    width=32,
    heads=2,
    layers=2,
    chunk=8,
    whole=48,
    left=32,
    hidden=48,
    joint=32,
)


@pytest.fixture(scope="session")
def transducer():
    """A small float model with random weights."""
    torch.manual_seed(1)
    return Transducer(SMALL).eval()


@pytest.fixture(scope="session")
def pieces():
    return ["<blk>", "<unk>", "</s>", *(f"▁w{index}" for index in range(3, SMALL.vocabulary))]


@pytest.fixture(scope="session")
def packed(transducer, pieces, tmp_path_factory):
    """The small model in a packed file, 8 bits, no pruning."""
    path = tmp_path_factory.mktemp("edge") / "model.edge"
    pack(transducer.state_dict(), SMALL, pieces, path, name="small")
    return path


@pytest.fixture
def rng():
    return np.random.default_rng(7)
