"""The functions of floats against exact ones."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from assistant.edge import arithmetic

WIDE = np.linspace(-12, 12, 100_001, dtype=np.float32)


def exact(function, x=WIDE):
    return function(torch.tensor(x, dtype=torch.float64)).numpy()


@pytest.mark.parametrize(
    ("ours", "theirs", "largest_error"),
    [
        (arithmetic.gelu, functional.gelu, 2e-6),
        (arithmetic.tanh, torch.tanh, 4e-7),
    ],
)
def test_activations(ours, theirs, largest_error):
    assert np.abs(ours(WIDE) - exact(theirs)).max() < largest_error


def test_exponential_is_right_to_a_few_units_in_the_last_place():
    x = np.linspace(-86, 0, 100_001, dtype=np.float32)
    relative = arithmetic.exponential(x) / exact(torch.exp, x) - 1
    assert np.abs(relative).max() < 3e-7
    assert 0 < arithmetic.exponential(np.float32([-1000]))[0] < 1e-37


def test_layer_norm_is_that_of_torch(rng):
    x = rng.normal(3, 5, (9, 384)).astype(np.float32)
    gamma, beta = rng.normal(size=(2, 384)).astype(np.float32)
    parts = (torch.tensor(part) for part in (gamma, beta))
    expected = functional.layer_norm(torch.tensor(x), (384,), *parts).numpy()
    assert np.abs(arithmetic.layer_norm(x, gamma, beta) - expected).max() < 1e-5


def test_quantised_rows_reach_the_limit_and_zeros_stay_zero():
    values, scales = arithmetic.quantised(np.float32([[0, 0], [-3, 1.5]]), 127)
    assert values.tolist() == [[0, 0], [-127, 64]]
    assert scales.tolist() == [0, np.float32(3) / np.float32(127)]
