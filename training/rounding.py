"""The grid that the packed file rounds weights to, and how training gets them there.

A weight's grid is the whole numbers of 8 or 4 bits times the scale of its output. The regulariser
is the squared sine of the distance (SinReQ, Elthakeb et al., 2019, arXiv 1905.01416), the smooth
sibling of the absolute cosine that Nguyen et al. (Interspeech 2020) and S8BQAT (Zhen et al., 2022,
arXiv 2206.15408) train transducers with: zero on the grid and steep beside it, but without the kink
on it, over which Adam would hop to and fro.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from assistant.edge.quantise import CLIPS


def scales(weight: Tensor, bits: int) -> Tensor:
    """The scale of each output for a weight [N, ...], as [N, 1, ...]; as `edge.quantise` finds it.

    With 8 bits it reaches the largest weight; with 4 it may cut it, where that loses less.
    """
    flat, limit = weight.detach().flatten(1), 2 ** (bits - 1) - 1
    full = flat.abs().amax(dim=1, keepdim=True) / limit
    best: Tensor = full
    if bits == 4:
        least = torch.full_like(full, math.inf)
        for clip in CLIPS:
            lost: Tensor = (
                (flat - rounded(flat, full * clip, bits)).square().sum(dim=1, keepdim=True)
            )
            best = torch.where(lost < least, full * clip, best)
            least = torch.minimum(lost, least)
    return best.reshape(-1, *(1 for _ in weight.shape[1:]))


def rounded(weight: Tensor, scales: Tensor, bits: int) -> Tensor:
    """The nearest weights on the grid."""
    steps, nearest = _steps(weight, scales, bits)
    return torch.where(scales > 0, nearest, steps) * scales


def slope(weight: Tensor, scales: Tensor, bits: int) -> Tensor:
    """The regulariser's gradient, -1 to 1: following it downhill leads to the grid.

    It is zero on the grid and half-way between its points, where a weight may still choose. Beyond
    the grid's end it leads back.
    """
    steps, nearest = _steps(weight, scales, bits)
    off = steps - nearest
    beyond = steps.abs() > 2 ** (bits - 1) - 1
    return torch.sin(2 * math.pi * torch.where(beyond, off.clamp(-0.25, 0.25), off))


def _steps(weight: Tensor, scales: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Weights in steps of the grid, and the nearest whole ones."""
    limit = 2 ** (bits - 1) - 1
    steps = weight.detach() / torch.where(scales > 0, scales, 1.0)
    return steps, steps.round().clamp(-limit, limit)


def rounded_rows(x: Tensor, dim: int = -1) -> Tensor:
    """Activations as the kernels round them: int8, one scale for all along `dim`.

    The gradient passes as if nothing were rounded (straight-through, Bengio et al., 2013).
    """
    exact = x.detach().float()
    scale = exact.abs().amax(dim=dim, keepdim=True) / 127
    near = (exact / torch.where(scale > 0, scale, 1.0)).round() * scale
    return x + (near - exact).to(x.dtype)
