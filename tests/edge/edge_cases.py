"""Random programs of one step each, with numbers that are hard on rounding and on overflow."""

import numpy as np

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
from assistant.edge.quantise import quantise

NOWHERE = Rows(0, 0, 0)


def numbers(rng, *shape):
    """Floats of sizes from 1e-3 to 1e3, a few of them zero, a few rows all zero."""
    values = rng.normal(size=shape) * 10 ** rng.uniform(-3, 3, (*shape[:-1], 1))
    values[rng.random(shape) < 0.05] = 0.0
    values[rng.random(shape[:-1]) < 0.05] = 0.0
    return values.astype(np.float32)


def linear(rng, bits=8, sparsity=None):
    rows, outputs = int(rng.integers(1, 40)), int(rng.integers(1, 70))
    inputs = 4 * int(rng.integers(1, 150))
    weights = numbers(rng, outputs, inputs)
    matrix = quantise("w", weights, numbers(rng, outputs), bits, sparsity)
    stride = int(rng.choice([inputs, max(1, inputs // 3), inputs + 5]))
    size = (rows - 1) * stride + inputs
    target = Rows(size, outputs + int(rng.integers(0, 3)), rows)
    residual = Rows(size, target.stride, rows) if rng.random() < 0.5 else None
    step = Linear(
        matrix,
        Rows(0, stride, rows),
        target,
        ActivationFunction(int(rng.integers(0, 3))),
        residual,
    )
    return alone(step), numbers(rng, size + rows * target.stride), None


def extreme_linear(rng, bits=8):
    """All weights and inputs as large as they get, with one sign: the largest sums there are."""
    matrix = quantise("w", np.full((32, 2048), -1.0, np.float32), None, bits)
    arena = np.full(2048 * 17 + 32 * 17, -3.0, np.float32)
    return alone(Linear(matrix, Rows(0, 2048, 17), Rows(2048 * 17, 32, 17))), arena, None


def norm(rng):
    rows, width = int(rng.integers(1, 20)), 16 * int(rng.integers(1, 30))
    weights = numbers(rng, 2, width)
    step = Norm(weights, Rows(0, width, rows), Rows(rows * width, width, rows))
    return alone(step), numbers(rng, 2 * rows * width), None


def join(rng):
    rows, width = int(rng.integers(1, 20)), int(rng.integers(1, 90))
    places = (Rows(part * rows * width, width, rows) for part in range(3))
    return alone(Join(width, *places)), numbers(rng, 3 * rows * width), None


def attend(rng):
    heads, dim = int(rng.integers(1, 4)), 2 * int(rng.integers(1, 40))
    rows, past = int(rng.integers(1, 36)), int(rng.integers(0, 300))
    width, layers = heads * dim, 2
    step = Attend(
        int(rng.integers(0, layers)),
        heads,
        width,
        Rows(0, 3 * width, rows),
        Rows(3 * width * rows, width, rows),
    )
    arena = (rng.normal(size=4 * width * rows) * rng.choice([0.1, 1, 10])).astype(np.float32)
    memory = Memory(
        past,
        rng.integers(-127, 128, (layers, past + rows, width)).astype(np.int8),
        np.abs(rng.normal(size=(layers, past + rows, heads)) / 100).astype(np.float32),
        rng.integers(-127, 128, (layers, width, past + rows)).astype(np.int8),
        np.abs(rng.normal(size=(layers, past + rows, heads)) / 100).astype(np.float32),
    )
    return alone(step), arena, memory


def alone(step):
    return Program((step,), 0, {}, NOWHERE, 0)


def copied(memory):
    if memory is None:
        return None
    parts = (memory.keys, memory.key_scales, memory.values, memory.value_scales)
    return Memory(memory.past, *(part.copy() for part in parts))


def everything(rng):
    """A few of each kind."""
    cases = [extreme_linear(rng), extreme_linear(rng, 4)]
    for _ in range(12):
        cases += [
            linear(rng, 8),
            linear(rng, 4),
            linear(rng, 8, 0.5),
            linear(rng, 4, 0.7),
            linear(rng, 8, 1.0),
            norm(rng),
            join(rng),
            attend(rng),
        ]
    return cases
