"""Pruning and rounding fitted to inputs lose less on such inputs than plain ones."""

import numpy as np
import pytest
import torch

from assistant.edge.model import EdgeModel
from assistant.edge.network import EdgeNetwork
from assistant.edge.quantise import quantise
from training.calibrate import solve
from training.pack import pack


@pytest.fixture
def layer(rng):
    """Weights [40, 192] and inputs that hang together, as those of a network do."""
    inputs = rng.normal(size=(500, 24)) @ rng.normal(size=(24, 192))
    return rng.normal(size=(40, 192)), inputs + 0.1 * rng.normal(size=(500, 192))


@pytest.mark.parametrize(("bits", "sparsity"), [(4, None), (8, 0.5), (4, 0.5)])
def test_outputs_change_less(layer, bits, sparsity):
    weights, inputs = layer
    values, scales = solve(weights, inputs.T @ inputs, bits, sparsity)
    plain = quantise("m", weights.astype(np.float32), None, bits, sparsity)

    def lost(fitted):
        return np.square(inputs @ (weights - fitted).T).sum()

    assert np.abs(values).max() <= 2 ** (bits - 1) - 1
    ours = lost(values * scales[:, None])
    assert ours < 0.5 * lost(plain.values() * plain.scales[:40, None])


def test_the_share_of_zero_blocks_is_as_asked(layer):
    weights, inputs = layer
    values, _ = solve(weights, inputs.T @ inputs, 8, 0.5)
    filled = np.zeros((48, 192), np.int8)
    filled[:40] = values
    blocks = filled.reshape(3, 16, 48, 4).any(axis=(1, 3))
    assert blocks.mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(("sparsity", "density"), [(None, 0.6), (0.3, 0.6), (0.5, 0.5)])
def test_blocks_that_are_zero_already_stay_so(layer, sparsity, density):
    weights, inputs = layer
    zero = np.arange(48) % 5 < 2
    weights[:, zero.repeat(4)] = 0
    values, _ = solve(weights, inputs.T @ inputs, 8, sparsity)
    filled = np.zeros((48, 192), np.int8)
    filled[:40] = values
    blocks = filled.reshape(3, 16, 48, 4).any(axis=(1, 3))
    assert not blocks[:, zero].any()
    assert blocks.mean() == pytest.approx((~zero).mean() * density / 0.6, abs=0.02)


def test_a_model_packed_for_speech_is_closer_to_the_float_one(transducer, pieces, tmp_path):
    torch.manual_seed(5)
    speech = [torch.randn(160, 16) * 0.5 for _ in range(6)]
    distances = {}
    for name, heard in (("plain", ()), ("fitted", speech[:5])):
        path = tmp_path / f"{name}.edge"
        settings = transducer.settings
        pack(transducer.state_dict(), settings, pieces, path, weight_bits=4, speech=heard)
        assert EdgeModel.load(path).matrix("encoder.up").bits == 4
        network, outputs = EdgeNetwork.load(path), []
        state = network.initial_state()
        for chunk in speech[5].numpy().reshape(10, 16, 16):
            encoded, state = network.encode(chunk, state)
            outputs.append(encoded)
        with torch.no_grad():
            expected = transducer.encoder(speech[5][None], torch.tensor([80]))[0].numpy()
        distances[name] = np.linalg.norm(np.concatenate(outputs) - expected)
    assert distances["fitted"] < 0.7 * distances["plain"]
