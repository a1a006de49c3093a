"""The attention decoder's programs: all but its attention, which has few rows and many lengths.

A layer is two programs, cut where it attends. Each takes and gives `x`, what goes from layer to
layer, and beside it what attention needs or gave.
"""

from __future__ import annotations

from assistant.edge.model import EdgeModel
from assistant.edge.program import ActivationFunction, Arena, Linear, Norm, Program, Rows, Step


def cross_kv(model: EdgeModel, steps: int, layer: int) -> Program:
    """Input `inner` [steps, W] to a layer's keys and values side by side [steps, 2 W]."""
    width, arena = model.settings.width, Arena()
    inner, out = arena.rows(steps, width), arena.rows(steps, 2 * width)
    linear = Linear(model.matrix(f"decoder.blocks.{layer}.cross.key_value"), inner, out)
    return Program((linear,), arena.size, {"inner": inner}, out, 2 * width)


def self_attention(model: EdgeModel, count: int, layer: int = 0) -> Program:
    """Input `x` [count, W] to `x` and a layer's query, key and value [count, 4 W]."""
    width, arena = model.settings.width, Arena()
    narrow = arena.rows(count, width)
    both, x, made = _both(arena, count, width, 3 * width)
    steps = _projected(model, layer, x, narrow, made)
    return Program(tuple(steps), arena.size, {"x": x}, both, 4 * width)


def cross_attention(model: EdgeModel, count: int, layer: int) -> Program:
    """Inputs `x` and `mixed`, what self-attention gave, to `x` and a query [count, 2 W]."""
    width, arena, name = model.settings.width, Arena(), f"decoder.blocks.{layer}"
    mixed, narrow = arena.rows(count, width), arena.rows(count, width)
    both, x, query = _both(arena, count, width, width)
    steps = (
        Linear(model.matrix(f"{name}.attn.out"), mixed, x, residual=x),
        Norm(model.floats(f"{name}.cross_ln"), x, narrow),
        Linear(model.matrix(f"{name}.cross.query"), narrow, query),
    )
    return Program(steps, arena.size, {"x": x, "mixed": mixed}, both, 2 * width)


def feed_forward(model: EdgeModel, count: int, layer: int) -> Program:
    """Inputs `x` and `mixed`, from cross-attention, to what the next layer begins with.

    That is as `self_attention` gives it. After the last layer to scores [count, V].
    """
    shape, arena, name = model.settings, Arena(), f"decoder.blocks.{layer}"
    width, last = shape.width, layer + 1 == shape.decoder_layers
    mixed, narrow = arena.rows(count, width), arena.rows(count, width)
    wide = arena.rows(count, 4 * width)
    both, x, made = _both(arena, count, width, 3 * width)
    steps: list[Step] = [
        Linear(model.matrix(f"{name}.cross.out"), mixed, x, residual=x),
        Norm(model.floats(f"{name}.mlp_ln"), x, narrow),
        Linear(model.matrix(f"{name}.mlp.0"), narrow, wide, ActivationFunction.GELU),
        Linear(model.matrix(f"{name}.mlp.2"), wide, x, residual=x),
    ]
    inputs = {"x": x, "mixed": mixed}
    if not last:
        steps += _projected(model, layer + 1, x, narrow, made)
        return Program(tuple(steps), arena.size, inputs, both, 4 * width)
    scores = arena.rows(count, shape.word_pieces)
    steps += [
        Norm(model.floats("decoder.ln"), x, narrow),
        Linear(model.matrix("decoder.out"), narrow, scores),
    ]
    return Program(tuple(steps), arena.size, inputs, scores, shape.word_pieces)


def _both(arena: Arena, count: int, width: int, made: int) -> tuple[Rows, Rows, Rows]:
    """Rows of `x` and what is made beside it; and each of the two alone."""
    both = arena.rows(count, width + made)
    stride = width + made
    return both, Rows(both.at, stride, count), Rows(both.at + width, stride, count)


def _projected(model: EdgeModel, layer: int, x: Rows, narrow: Rows, out: Rows) -> list[Step]:
    name = f"decoder.blocks.{layer}"
    return [
        Norm(model.floats(f"{name}.attn_ln"), x, narrow),
        Linear(model.matrix(f"{name}.attn.qkv"), narrow, out),
    ]
