"""From float weights to blocks of low-bit values."""

import numpy as np
import pytest

from assistant.edge.quantise import quantise


@pytest.mark.parametrize("bits", [8, 4])
def test_values_on_a_grid_come_back_exactly(rng, bits):
    limit = 2 ** (bits - 1) - 1
    values = rng.integers(-limit, limit + 1, (37, 44))
    values[:, 0] = limit
    scales = rng.uniform(0.01, 1, 37).astype(np.float32)
    matrix = quantise("m", (values * scales[:, None]).astype(np.float32), None, bits)
    matrix.check()
    np.testing.assert_array_equal(matrix.values(), values)
    np.testing.assert_allclose(matrix.scales[:37], scales, rtol=1e-6)


def test_four_bits_cut_outliers_when_that_loses_less(rng):
    weights = rng.normal(size=(16, 400)).astype(np.float32)
    weights[:, 0] = 5.0
    matrix = quantise("m", weights, None, 4)

    def lost(scales):
        values = np.clip(np.rint(weights / scales[:, None]), -7, 7)
        return np.square(weights - values * scales[:, None]).sum()

    assert lost(matrix.scales) < 0.8 * lost(np.full(16, 5 / 7, np.float32))


def test_pruning_takes_the_blocks_of_the_smallest_norm(rng):
    weights = rng.uniform(1, 2, (32, 40)).astype(np.float32)
    weights[16:, :20] /= 100
    matrix = quantise("m", weights, None, sparsity=0.25)
    assert matrix.density == 0.75
    assert matrix.stored().tolist() == [[True] * 10, [False] * 5 + [True] * 5]
    assert not matrix.values()[16:, :20].any()
    assert matrix.values()[:16].all()


def test_blocks_that_are_zero_already_are_left_out():
    weights = np.ones((20, 8), np.float32)
    weights[:16, 4:] = 0
    matrix = quantise("m", weights, None)
    assert matrix.stored().tolist() == [[True, False], [True, True]]
    assert matrix.blocks.shape == (3, 64)


@pytest.mark.parametrize("bits", [8, 4])
def test_sums_are_those_of_the_values(rng, bits):
    matrix = quantise("m", rng.normal(size=(40, 64)).astype(np.float32), None, bits, 0.5)
    np.testing.assert_array_equal(matrix.sums()[:40], matrix.values().sum(axis=1, dtype=int))
    assert not matrix.sums()[40:].any()


def test_inputs_that_are_no_multiple_of_four_are_refused():
    with pytest.raises(ValueError, match="multiples of 4"):
        quantise("m", np.ones((4, 6), np.float32), None)
