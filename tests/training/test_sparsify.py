"""The share of zero blocks grows as it should and is met exactly, in the kernels' blocks."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.edge.quantise import quantise
from training.sparsify import masks, share_at

STEPS = st.integers(0, 2000)
SHARES = st.floats(0, 0.99)


@given(
    first=st.integers(0, 500),
    length=st.integers(1, 1000),
    final=SHARES,
    steps=st.tuples(STEPS, STEPS),
)
def test_the_schedule_grows_from_nothing_to_the_share(first, length, final, steps):
    early, late = (share_at(step, first, first + length, final) for step in sorted(steps))
    assert 0 <= early <= late <= final
    assert share_at(first, first, first + length, final) == 0
    assert share_at(first + length, first, first + length, final) == final


def test_the_schedule_is_the_published_cube():
    assert share_at(250, 0, 1000, 0.8) == pytest.approx(0.8 * (1 - 0.75**3))


@settings(deadline=None)
@given(outputs=st.integers(1, 70), blocks=st.integers(1, 20), share=SHARES, seed=st.integers(0, 99))
def test_the_share_is_met_to_the_block_and_the_packed_file_leaves_them_out(
    outputs, blocks, share, seed
):
    weight = torch.randn(outputs, 4 * blocks, generator=torch.Generator().manual_seed(seed))
    [mask] = masks([weight], share, torch.ones(4 * blocks))
    matrix = quantise("m", (weight * mask).numpy(), None)
    count = matrix.stored().size
    assert len(matrix.blocks) == count - round(share * count)
    kept = matrix.stored().repeat(16, axis=0)[:outputs].repeat(4, axis=1)
    assert torch.equal(mask, torch.from_numpy(kept))


def test_the_smallest_blocks_go_and_stay_away():
    weight = torch.randn(48, 40)
    alike = torch.ones(40)
    [early], [late] = masks([weight], 0.3, alike), masks([weight], 0.6, alike)
    assert not (late & ~early).any()
    [after] = masks([weight * early], 0.6, alike)
    assert torch.equal(after, late)
    norms = weight.reshape(3, 16, 10, 4).square().sum(dim=(1, 3))
    kept = early.reshape(3, 16, 10, 4)[:, 0, :, 0]
    assert norms[kept].min() > norms[~kept].max()


def test_blocks_whose_inputs_are_small_go_first():
    weight, energies = torch.ones(32, 16), torch.ones(16)
    weight[:, 8:12] = 0.5
    energies[4:8] = 0.01
    [mask] = masks([weight], 0.25, energies)
    assert not mask[:, 4:8].any()
    assert mask.sum() == 32 * 12
    energies[8:] = 0.0
    [silent] = masks([mask * weight], 0.25, energies)
    assert torch.equal(silent, mask), "what is gone stays away, whatever the inputs"


def test_weights_of_one_matrix_share_its_blocks():
    small, large = 0.1 * torch.randn(32, 16), torch.randn(32, 16)
    none, all_of_it = masks([small, large], 0.5, torch.ones(16))
    assert not none.any()
    assert all_of_it.all()


def test_a_convolution_loses_inputs_of_one_frame():
    weight = torch.ones(16, 8, 3)
    weight[:, 4:, 2] = 0.1
    [mask] = masks([weight], 1 / 6, torch.ones(24))
    assert not mask[:, 4:, 2].any()
    assert mask.sum() == 16 * 8 * 3 - 64


def test_inputs_without_blocks_are_refused():
    with pytest.raises(ValueError, match="multiples of 4"):
        masks([torch.ones(16, 6)], 0.5, torch.ones(6))
