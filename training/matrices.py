"""The weights of a transducer as the matrices of the packed file.

A matrix is named by its label in the file and made of the weights of one or more modules, one below
the other; its rows are outputs, and a convolution's frames lie side by side.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.edge.matrix import DEPTH, LANES
from training.model import ModelSettings

DELICATE = ("encoder.conv1", "predictor.conv", "predictor.out", "joiner.out")
"""Always 8 bits and never pruned: small, and next to what goes in and comes out."""
ATTENTION_DECODER = "decoder."
"""Labels of the attention decoder, which always has 8 bits and is never pruned, either.

With 4 it is unsure of everything, and then prefers short sentences.
"""


def encoder_matrices(settings: ModelSettings) -> dict[str, tuple[str, ...]]:
    """Labels and names of modules of all that is not delicate, in the order of execution."""
    matrices: dict[str, tuple[str, ...]] = {"encoder.conv2": ("encoder.conv2",)}
    for layer in range(settings.layers):
        block = f"encoder.blocks.{layer}"
        parts = ("query", "key", "value")
        matrices[f"{block}.attn.qkv"] = tuple(f"{block}.attn.{part}" for part in parts)
        matrices |= {f"{block}.{name}": (f"{block}.{name}",) for name in _PLAIN}
    return matrices | {name: (name,) for name in ("encoder.up", "encoder.down")}


def decoder_matrices(settings: ModelSettings) -> dict[str, tuple[str, ...]]:
    """The same for the attention decoder."""
    matrices: dict[str, tuple[str, ...]] = {}
    for layer in range(settings.decoder_layers if settings.pieces else 0):
        block = f"decoder.blocks.{layer}"
        own = tuple(f"{block}.attn.{part}" for part in ("query", "key", "value"))
        attended = tuple(f"{block}.cross_attn.{part}" for part in ("key", "value"))
        matrices |= {
            f"{block}.attn.qkv": own,
            f"{block}.attn.out": (f"{block}.attn.out",),
            f"{block}.cross.query": (f"{block}.cross_attn.query",),
            f"{block}.cross.key_value": attended,
            f"{block}.cross.out": (f"{block}.cross_attn.out",),
            f"{block}.mlp.0": (f"{block}.mlp.0",),
            f"{block}.mlp.2": (f"{block}.mlp.2",),
        }
    return matrices


_PLAIN = ("attn.out", "mlp.0", "mlp.2")


def weights_of(model: nn.Module, names: Sequence[str]) -> list[nn.Parameter]:
    """The weights of modules by their names."""
    return [model.get_parameter(f"{name}.weight") for name in names]


def rows(weight: Tensor) -> Tensor:
    """A weight [N, K], or a convolution's [N, in, frames], as [N, K]."""
    return weight.transpose(1, 2).flatten(1) if weight.dim() == 3 else weight


def from_rows(matrix: Tensor, like: Tensor) -> Tensor:
    """What `rows` made, in the shape of the weight `like`."""
    if like.dim() == 3:
        return matrix.reshape(-1, like.shape[2], like.shape[1]).transpose(1, 2)
    return matrix


def blocks(matrix: Tensor) -> Tensor:
    """[N, K] in the kernels' blocks: [groups, K / 4, 16, 4], the last group filled with zeros.

    Raises:
        ValueError: K is no multiple of 4.

    """
    outputs, inputs = matrix.shape
    if inputs % DEPTH:
        raise ValueError(f"{inputs} inputs; only multiples of {DEPTH} have blocks")
    filled = functional.pad(matrix, (0, 0, 0, -outputs % LANES))
    return filled.reshape(-1, LANES, inputs // DEPTH, DEPTH).transpose(1, 2)


def from_blocks(flags: Tensor, outputs: int) -> Tensor:
    """One value a block, [groups, K / 4], as one for each weight, [outputs, K]."""
    spread = torch.repeat_interleave(torch.repeat_interleave(flags, LANES, 0), DEPTH, 1)
    return spread[:outputs]
