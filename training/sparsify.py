"""Gradual sparsification in the blocks that the edge kernels skip.

The share of zero blocks grows with the cube of Zhu and Gupta (2017, arXiv 1710.01878), fast while
there is much to spare and slowly towards the end. Those with the smallest norm go first; a block
that is gone has no norm, so it stays gone.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from training.matrices import blocks, from_blocks, from_rows, rows


def share_at(step: int, first: int, last: int, final: float) -> float:
    """The share of zero blocks at a step: 0 up to `first`, `final` from `last` on."""
    if step >= last:
        return final
    left = 1.0 - max(0, step - first) / (last - first)
    return final * (1.0 - left**3)


def masks(weights: Sequence[Tensor], share: float) -> list[Tensor]:
    """For the weights of one matrix which of them stay, bool in their shapes.

    Exactly `share` of the matrix's blocks, rounded to whole blocks, are false.
    """
    matrix = torch.cat([rows(weight.detach()) for weight in weights])
    norms = blocks(matrix).square().sum(dim=(2, 3))
    order = norms.flatten().argsort(stable=True)
    kept = torch.ones_like(norms, dtype=torch.bool)
    kept.view(-1)[order[: round(share * norms.numel())]] = False
    parts = from_blocks(kept, len(matrix)).split([len(weight) for weight in weights])
    return [from_rows(part, weight) for part, weight in zip(parts, weights, strict=True)]
