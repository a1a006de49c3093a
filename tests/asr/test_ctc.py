"""A model's CTC output: what is read is what was written, and damaged files are refused."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assistant.asr.networks import int8_file
from assistant.asr.networks.ctc import CtcOutput
from assistant.asr.networks.manifest import CTC, ModelError
from assistant.asr.networks.model_folder import load_model
from assistant.config.shipped import shipped


def output(seed, tokens=7, width=5):
    rng = np.random.default_rng(seed)
    weight = rng.standard_normal((tokens, width), np.float32)
    return CtcOutput(weight, rng.standard_normal(tokens, np.float32))


@given(seed=st.integers(0, 1000), frames=st.integers(0, 6))
def test_log_probs_are_those_of_pytorch(seed, frames):
    ctc = output(seed)
    heard = np.random.default_rng(seed + 1).standard_normal((frames, 5), np.float32) * 9
    layer = torch.nn.Linear(5, 7)
    layer.load_state_dict(
        {"weight": torch.from_numpy(ctc.weight), "bias": torch.from_numpy(ctc.bias)}
    )
    expected = layer(torch.from_numpy(heard)).log_softmax(-1).detach().numpy()
    assert ctc.log_probs(heard) == pytest.approx(expected, abs=1e-4)


def test_the_file_holds_the_layer(tmp_path):
    ctc = output(1)
    ctc.write(tmp_path / "ctc.npz")
    read = CtcOutput.load(tmp_path / "ctc.npz")
    step = np.abs(ctc.weight).max(axis=1, keepdims=True) / 127
    assert (np.abs(read.weight - ctc.weight) <= 0.51 * step).all()
    assert (read.bias == ctc.bias).all()


def test_a_file_of_something_else_is_refused(tmp_path):
    file = tmp_path / "ctc.npz"
    int8_file.write(file, {"weight": np.ones((3, 2), np.float32), "bias": np.ones(2)}, {})
    with pytest.raises(ValueError, match="do not fit"):
        CtcOutput.load(file)


@pytest.fixture
def folder(tmp_path):
    """The model `en-small`, but for its CTC output."""
    for path in (shipped("models") / "en-small").iterdir():
        if path.name != CTC:
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


def test_it_is_used_beside_an_attention_decoder(folder):
    (folder / CTC).symlink_to(shipped("models") / "en-small" / CTC)
    model = load_model(folder, "edge")
    assert model.ctc is not None
    assert len(model.ctc.bias) == len(model.network.tokens)
    assert load_model(folder, "edge", attention_decoder=False).ctc is None


@pytest.mark.parametrize("damaged", [False, True])
def test_a_file_that_does_not_fit_the_model_is_named(folder, damaged):
    if damaged:
        (folder / CTC).write_bytes(b"no weights")
    else:
        output(1).write(folder / CTC)
    with pytest.raises(ModelError, match=r"ctc\.npz .*fetch the model again"):
        load_model(folder, "edge")
