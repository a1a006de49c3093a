"""Gradual sparsification in the blocks that the edge kernels skip.

The share of zero blocks grows with the cube of Zhu and Gupta (2017, arXiv 1710.01878), fast while
there is much to spare and slowly towards the end. Those go first that add least to what the matrix
puts out, by their weights and by how large the inputs are that they are multiplied with (Sun et
al., "A simple and effective pruning approach for large language models", 2023). A block that is
gone adds nothing, so it stays gone.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from training.matrices import blocks, from_blocks, from_rows, rows

LEAST = 1e-6
"""Of the mean energy of inputs, what every input is taken to have."""


def share_at(step: int, first: int, last: int, final: float) -> float:
    """The share of zero blocks at a step: 0 up to `first`, `final` from `last` on."""
    if step >= last:
        return final
    left = 1.0 - max(0, step - first) / (last - first)
    return final * (1.0 - left**3)


def masks(weights: Sequence[Tensor], share: float, energies: Tensor) -> list[Tensor]:
    """For the weights of one matrix which of them stay, bool in their shapes.

    Exactly `share` of the matrix's blocks, rounded to whole blocks, are false. `energies` [K]: mean
    squares of the matrix's inputs.
    """
    matrix = torch.cat([rows(weight.detach()) for weight in weights])
    # A block that is left must count more than one that is gone, whatever it is multiplied with.
    heard = energies + LEAST * energies.mean()
    norms = blocks(matrix.square() * heard).sum(dim=(2, 3))
    order = norms.flatten().argsort(stable=True)
    kept = torch.ones_like(norms, dtype=torch.bool)
    kept.view(-1)[order[: round(share * norms.numel())]] = False
    parts = from_blocks(kept, len(matrix)).split([len(weight) for weight in weights])
    return [from_rows(part, weight) for part, weight in zip(parts, weights, strict=True)]
