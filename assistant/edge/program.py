"""What the edge runtime executes: straight-line programs of four operations on one arena of floats.

A program is made once for a number of rows and executed by anything that knows the operations:
the reference in NumPy, the kernels in C, the processor model that counts cycles. Offsets and
strides count float32 of the arena.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats
from assistant.edge.matrix import Matrix
from assistant.edge.model import EdgeModel


class ActivationFunction(IntEnum):
    """What follows a product."""

    NONE = 0
    GELU = 1
    RELU = 2


@dataclass(frozen=True, slots=True)
class Rows:
    """`count` rows in the arena, `stride` apart; they may overlap, as a convolution's inputs do."""

    at: int
    stride: int
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """Rows times a matrix, plus bias, through an activation, plus the residual."""

    matrix: Matrix
    source: Rows
    target: Rows
    activation: ActivationFunction = ActivationFunction.NONE
    residual: Rows | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Norm:
    """Layer norm of rows; `weights` [2, width] are gamma and beta."""

    weights: Floats
    source: Rows
    target: Rows


@dataclass(frozen=True, slots=True)
class Attend:
    """Attention of rows of query, key and value, side by side, to all keys so far in a layer."""

    layer: int
    heads: int
    width: int
    source: Rows
    target: Rows


@dataclass(frozen=True, slots=True)
class Join:
    """tanh of rows plus others, as many."""

    width: int
    source: Rows
    other: Rows
    target: Rows


Step = Linear | Norm | Attend | Join


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """Keys and values of a stream, as int8 with a scale for each step and head.

    The first `past` steps are filled before a program and all of them after it. Values lie across
    the steps, so that both products of attention read along their rows.
    """

    past: int
    keys: NDArray[np.int8]
    """int8 [layers, steps, width]."""
    key_scales: Floats
    """float32 [layers, steps, heads]."""
    values: NDArray[np.int8]
    """int8 [layers, width, steps]."""
    value_scales: Floats
    """float32 [layers, steps, heads]."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Program:
    """Steps, the arena's size, and where the caller puts inputs and finds the result."""

    steps: tuple[Step, ...]
    arena: int
    inputs: dict[str, Rows]
    output: Rows
    width: int
    """Floats in a row of the output."""
    inner: Rows | None = None
    """What the attention decoder hears, where it is asked for."""


class Executor(Protocol):
    """Something that runs programs."""

    name: str

    def run(self, program: Program, arena: Floats, memory: Memory | None = None) -> None:
        """Execute all steps; `memory` is given when the program attends."""


class Arena:
    """Hands out places in the arena."""

    def __init__(self) -> None:
        self.size = 0

    def rows(self, count: int, width: int) -> Rows:
        """Place for whole rows; begins at a multiple of 64 bytes."""
        at = self.size
        self.size += -(-count * width // 16) * 16
        return Rows(at, width, count)


def encoder(model: EdgeModel, frames: int, *, with_inner: bool = False) -> Program:
    """The encoder for a chunk of `frames`; inputs `features` (3 frames more) and `positions`.

    `with_inner` gives what the attention decoder hears, too.
    """
    shape = model.settings
    steps, width = frames // 2, shape.width
    arena = Arena()
    features = arena.rows(frames + 3, shape.mels)
    positions, x = arena.rows(steps, width), arena.rows(steps, width)
    narrow, out = arena.rows(steps, width), arena.rows(steps // shape.stack, shape.joint)
    largest = max((frames + 1) * width, 4 * steps * width, steps // shape.stack * shape.hidden)
    at = arena.rows(1, largest).at
    first = Rows(at, width, frames + 1)
    stem: list[Step] = [
        Linear(
            model.matrix("encoder.conv1"),
            Rows(features.at, shape.mels, frames + 1),
            first,
            ActivationFunction.GELU,
        ),
        Linear(
            model.matrix("encoder.conv2"),
            Rows(at, 2 * width, steps),
            x,
            ActivationFunction.GELU,
            positions,
        ),
    ]
    inner = arena.rows(steps, width) if with_inner else None
    layers: list[Step] = []
    for layer in range(shape.layers):
        layers += _layer(model, layer, x, narrow, at)
        if inner is not None and layer + 1 == shape.inner_layer:
            layers.append(Norm(model.floats("decoder.ln_inner"), x, inner))
    hidden = Rows(at, shape.hidden, out.count)
    head: list[Step] = [
        Norm(model.floats("encoder.ln_post"), x, narrow),
        Linear(
            model.matrix("encoder.up"),
            Rows(narrow.at, shape.stack * width, out.count),
            hidden,
            ActivationFunction.GELU,
        ),
        Linear(model.matrix("encoder.down"), hidden, out),
    ]
    inputs = {"features": features, "positions": positions}
    return Program((*stem, *layers, *head), arena.size, inputs, out, shape.joint, inner)


def _layer(model: EdgeModel, layer: int, x: Rows, narrow: Rows, at: int) -> list[Step]:
    """One layer: x in place, `narrow` and what begins at `at` as work space."""
    shape, name = model.settings, f"encoder.blocks.{layer}"
    threefold = Rows(at, 3 * shape.width, x.count)
    fourfold = Rows(at, 4 * shape.width, x.count)
    return [
        Norm(model.floats(f"{name}.attn_ln"), x, narrow),
        Linear(model.matrix(f"{name}.attn.qkv"), narrow, threefold),
        Attend(layer, shape.heads, shape.width, threefold, narrow),
        Linear(model.matrix(f"{name}.attn.out"), narrow, x, residual=x),
        Norm(model.floats(f"{name}.mlp_ln"), x, narrow),
        Linear(model.matrix(f"{name}.mlp.0"), narrow, fourfold, ActivationFunction.GELU),
        Linear(model.matrix(f"{name}.mlp.2"), fourfold, x, residual=x),
    ]


def predictor(model: EdgeModel, count: int) -> Program:
    """The predictor for `count` contexts; input `embedded`, a row of all a context's tokens."""
    shape, arena = model.settings, Arena()
    embedded = arena.rows(count, shape.context * shape.joint)
    mixed, out = arena.rows(count, shape.joint), arena.rows(count, shape.joint)
    steps = (
        Linear(model.matrix("predictor.conv"), embedded, mixed, ActivationFunction.RELU),
        Linear(model.matrix("predictor.out"), mixed, out),
    )
    return Program(steps, arena.size, {"embedded": embedded}, out, shape.joint)


def joiner(model: EdgeModel, count: int) -> Program:
    """The joiner for `count` pairs of an encoder output and a predictor output."""
    shape, arena = model.settings, Arena()
    encoded, predicted = arena.rows(count, shape.joint), arena.rows(count, shape.joint)
    joined, out = arena.rows(count, shape.joint), arena.rows(count, shape.vocabulary)
    steps = (
        Join(shape.joint, predicted, encoded, joined),
        Linear(model.matrix("joiner.out"), joined, out),
    )
    inputs = {"encoded": encoded, "predicted": predicted}
    return Program(steps, arena.size, inputs, out, shape.vocabulary)
