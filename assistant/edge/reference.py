"""Programs executed in NumPy: what the kernels in C have to give, bit for bit.

Products of whole numbers are done in float64, which holds them exactly, because NumPy has fast
products of floats only. It also runs where the kernels could not be built.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats
from assistant.edge import arithmetic
from assistant.edge.matrix import Matrix
from assistant.edge.program import (
    ActivationFunction,
    Attend,
    Join,
    Linear,
    Memory,
    Norm,
    Program,
    Rows,
)

_WEIGHT = 32767
_SHARE = 1 << 20


class Reference:
    """The NumPy executor."""

    name = "numpy"

    def __init__(self) -> None:
        self._values: WeakKeyDictionary[Matrix, NDArray[np.float64]] = WeakKeyDictionary()

    def run(self, program: Program, arena: Floats, memory: Memory | None = None) -> None:
        """Execute all steps."""
        for step in program.steps:
            match step:
                case Linear():
                    self._linear(step, arena)
                case Norm():
                    x = rows(arena, step.source, step.weights.shape[1])
                    out = rows(arena, step.target, step.weights.shape[1])
                    out[:] = arithmetic.layer_norm(x, *step.weights)
                case Attend():
                    if memory is None:
                        raise ValueError("a program that attends needs a memory")
                    _attend(step, arena, memory)
                case Join():
                    x, other = (rows(arena, each, step.width) for each in (step.source, step.other))
                    rows(arena, step.target, step.width)[:] = arithmetic.tanh(x + other)

    def _linear(self, step: Linear, arena: Floats) -> None:
        matrix = step.matrix
        x, scales = arithmetic.quantised(rows(arena, step.source, matrix.inputs), 127)
        sums = (x.astype(np.float64) @ self._transposed(matrix)).astype(np.int32)
        weights, bias = matrix.scales[: matrix.outputs], matrix.bias[: matrix.outputs]
        y = sums.astype(np.float32) * (scales[:, None] * weights) + bias
        if step.activation is ActivationFunction.GELU:
            y = arithmetic.gelu(y)
        elif step.activation is ActivationFunction.RELU:
            y = np.maximum(y, np.float32(0))
        if step.residual is not None:
            y = y + rows(arena, step.residual, matrix.outputs)
        rows(arena, step.target, matrix.outputs)[:] = y

    def _transposed(self, matrix: Matrix) -> NDArray[np.float64]:
        if matrix not in self._values:
            self._values[matrix] = matrix.values().T.astype(np.float64)
        return self._values[matrix]


def rows(arena: Floats, place: Rows, width: int) -> Floats:
    """The rows of `width` floats at a place in the arena, as a view."""
    return np.lib.stride_tricks.as_strided(
        arena[place.at :],
        (place.count, width),
        (place.stride * arena.itemsize, arena.itemsize),
    )


def _attend(step: Attend, arena: Floats, memory: Memory) -> None:
    """Attention with 8-bit keys and values, 16-bit queries and weights, all sums exact."""
    heads, width = step.heads, step.width
    source = rows(arena, step.source, 3 * width)
    query, key, value = source.reshape(len(source), 3, heads, width // heads).transpose(1, 0, 2, 3)
    now = slice(memory.past, memory.past + len(source))
    keys, memory.key_scales[step.layer, now] = arithmetic.quantised(key, 127)
    values, memory.value_scales[step.layer, now] = arithmetic.quantised(value, 127)
    memory.keys[step.layer, now] = keys.reshape(-1, width)
    memory.values[step.layer, :, now] = values.reshape(-1, width).T
    queries, query_scales = arithmetic.quantised(query, _WEIGHT)
    root = np.float32(1) / np.sqrt(np.float32(width // heads))
    out = rows(arena, step.target, width)
    for head in range(heads):
        place = slice(head * width // heads, (head + 1) * width // heads)
        out[:, place] = _mixed(
            queries[:, head].astype(np.float64) @ memory.keys[step.layer, :, place].T,
            (query_scales[:, head] * root)[:, None] * memory.key_scales[step.layer, :, head],
            memory.value_scales[step.layer, :, head],
            memory.values[step.layer, place],
        )


def _mixed(
    sums: NDArray[np.float64], scales: Floats, value_scales: Floats, values: NDArray[np.int8]
) -> Floats:
    """Values [dim, steps] mixed by the softmax of sums times scales [rows, steps]: [rows, dim]."""
    scores = sums.astype(np.float32) * scales
    shares = arithmetic.exponential(scores - scores.max(axis=1, keepdims=True))
    total = np.rint(shares * np.float32(_SHARE)).astype(np.int32).sum(axis=1, dtype=np.int32)
    weights, weight_scales = arithmetic.quantised(shares * value_scales, _WEIGHT)
    mixed = (weights.astype(np.float64) @ values.T).astype(np.float32)
    back = weight_scales / (total.astype(np.float32) * np.float32(1 / _SHARE))
    return np.asarray(mixed * back[:, None], np.float32)
