"""The grid is the packed file's, and the regulariser leads to it."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assistant.edge.arithmetic import quantised
from assistant.edge.quantise import quantise
from training.rounding import rounded, rounded_rows, scales, slope

BITS = st.sampled_from([8, 4])
SEEDS = st.integers(0, 99)


def weights(seed, outputs=16, inputs=24):
    return torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(seed))


@given(bits=BITS, seed=SEEDS)
def test_the_grid_is_that_of_the_packed_file(bits, seed):
    weight = weights(seed)
    matrix = quantise("m", weight.numpy(), None, bits)
    ours = scales(weight, bits)
    np.testing.assert_allclose(ours[:, 0], matrix.scales, rtol=1e-6)
    expected = matrix.values() * matrix.scales[:, None]
    np.testing.assert_allclose(rounded(weight, ours, bits), expected, atol=1e-5)


@given(bits=BITS, seed=SEEDS)
def test_on_the_grid_nothing_pulls(bits, seed):
    weight = weights(seed)
    steps = scales(weight, bits)
    assert slope(rounded(weight, steps, bits), steps, bits).abs().max() < 1e-3


@given(bits=BITS, seed=SEEDS)
def test_the_pull_leads_to_the_nearest_point_even_beyond_the_end(bits, seed):
    weight = weights(seed)
    steps = scales(weight, bits)
    weight[:, 0] *= 3
    nearest = rounded(weight, steps, bits)
    off = (weight - nearest) / steps
    gradient = slope(weight, steps, bits)
    clear = ((off.abs() > 0.01) & (off.abs() < 0.49)) | (off.abs() > 0.51)
    assert torch.equal(gradient.sign()[clear], off.sign()[clear])
    assert gradient.abs().max() <= 1


@pytest.mark.parametrize("bits", [8, 4])
def test_it_is_the_gradient_of_the_squared_sine(bits):
    weight = weights(5).requires_grad_()
    steps = scales(weight, bits)
    inside = weight.detach().abs() < 0.99 * steps * (2 ** (bits - 1) - 1)
    (torch.sin(torch.pi * weight / steps) ** 2).sum().backward()
    own = slope(weight, steps, bits) * torch.pi / steps
    torch.testing.assert_close(own[inside], weight.grad[inside], atol=0.05, rtol=0.02)


def test_following_it_brings_weights_to_the_grid():
    weight = weights(3)
    steps = scales(weight, 4)
    before = (weight - rounded(weight, steps, 4)).abs().mean()
    for _ in range(200):
        weight -= 0.02 * steps * slope(weight, steps, 4)
    assert (weight - rounded(weight, steps, 4)).abs().mean() < 0.05 * before


def test_an_output_of_zeros_stays_zero():
    weight = torch.zeros(4, 8)
    steps = scales(weight, 4)
    assert not rounded(weight, steps, 4).any()
    assert not slope(weight, steps, 4).any()
    assert not rounded_rows(weight).any()


def test_activations_are_rounded_as_the_runtime_does_and_gradients_pass():
    x = weights(1).requires_grad_()
    values, factors = quantised(x.detach().numpy(), 127)
    ours = rounded_rows(x)
    np.testing.assert_allclose(ours.detach(), values * factors[:, None], atol=1e-6)
    ours.sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))
