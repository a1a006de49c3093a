"""From float weights to a `Matrix`: pruning by magnitude, scales, values."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats
from assistant.edge.matrix import BLOCK, DEPTH, LANES, WORD, Matrix, groups, pack_blocks

_Number = TypeVar("_Number", np.float32, np.int8)

CLIPS: Final = (1.0, 0.97, 0.93, 0.89, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5)
"""Where 4-bit scales may cut the largest weights, relative to the largest."""


def quantise(
    name: str, weights: Floats, bias: Floats | None, bits: int = 8, sparsity: float | None = None
) -> Matrix:
    """A matrix of `bits`-bit values from float32 [outputs, inputs]; all-zero blocks are left out.

    `sparsity`: the share of blocks, those of the smallest norm, that are set to zero first.
    """
    outputs, inputs = weights.shape
    if inputs % DEPTH:
        raise ValueError(f"{name} has {inputs} inputs; only multiples of {DEPTH} can be packed")
    filled = np.zeros((groups(outputs) * LANES, inputs), np.float32)
    filled[:outputs] = weights
    biases = np.zeros(len(filled), np.float32)
    biases[:outputs] = 0.0 if bias is None else bias
    blocks = _blocks(filled)
    if sparsity:
        _prune(blocks, sparsity)
        filled = blocks.transpose(0, 2, 1, 3).reshape(filled.shape)
    scales = _scales(filled, bits)
    values = _rounded(filled, scales, bits).astype(np.int8)
    return from_values(name, values[:outputs], scales, biases, bits)


def from_values(
    name: str, values: NDArray[np.int8], scales: Floats, bias: Floats, bits: int
) -> Matrix:
    """A matrix of int8 [outputs, inputs] with scales and bias filled up to whole groups."""
    outputs, inputs = values.shape
    filled = np.zeros((len(scales), inputs), np.int8)
    filled[:outputs] = values
    blocks = _blocks(filled)
    stored = np.asarray(blocks.any(axis=(2, 3)))
    return Matrix(
        name=name,
        outputs=outputs,
        inputs=inputs,
        bits=bits,
        scales=scales,
        bias=bias,
        bitmap=_bitmap(stored),
        blocks=pack_blocks(blocks[stored], bits),
    )


def _blocks(rows: NDArray[_Number]) -> NDArray[_Number]:
    """[groups * 16, inputs] to [groups, inputs / 4, 16, 4]."""
    return rows.reshape(-1, LANES, rows.shape[1] // DEPTH, DEPTH).transpose(0, 2, 1, 3).copy()


def _prune(blocks: Floats, sparsity: float) -> None:
    norms = np.square(blocks).sum(axis=(2, 3))
    count = round(sparsity * norms.size)
    smallest = np.argsort(norms, axis=None, kind="stable")[:count]
    blocks.reshape(-1, BLOCK)[smallest] = 0.0


def _scales(rows: Floats, bits: int) -> Floats:
    """The scale of each row that loses least: with 8 bits the one that reaches its largest."""
    largest = np.abs(rows).max(axis=1)
    limit = np.float32(2 ** (bits - 1) - 1)
    if bits > 4:  # noqa: PLR2004 - below, cutting pays
        return np.asarray(largest / limit, np.float32)
    best, least = np.zeros(len(rows), np.float32), np.full(len(rows), np.inf)
    for clip in CLIPS:
        scales = np.asarray(largest * np.float32(clip) / limit, np.float32)
        lost = np.square(rows - _rounded(rows, scales, bits) * scales[:, None]).sum(axis=1)
        best = np.where(lost < least, scales, best)
        least = np.minimum(lost, least)
    return np.asarray(best, np.float32)


def _rounded(rows: Floats, scales: Floats, bits: int) -> Floats:
    limit = 2 ** (bits - 1) - 1
    shares = np.divide(rows, scales[:, None], where=scales[:, None] > 0, out=np.zeros_like(rows))
    return np.clip(np.rint(shares), -limit, limit)


def _bitmap(stored: NDArray[np.bool_]) -> NDArray[np.uint64]:
    padding = -stored.shape[1] % WORD
    bits = np.pad(stored, ((0, 0), (0, padding)))
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
