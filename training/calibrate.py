"""Pruning and rounding that mind what the weights are multiplied with.

Plain pruning takes the smallest blocks and plain rounding the nearest value. Here the weights that
are not done yet make up for the error of those that are, in the order of columns, so that the
layer's outputs on real speech change least: GPTQ (Frantar et al., 2022) for the rounding and
SparseGPT (Frantar and Alistarh, 2023) for the pruning, with masks of whole blocks. Layers are done
one after the other, each on the outputs of those that are done already.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from assistant.edge.matrix import DEPTH, LANES, Matrix, groups
from assistant.edge.quantise import CLIPS, from_values
from training.matrices import encoder_matrices, from_rows, rows
from training.model import Transducer

Doubles = NDArray[np.float64]

BATCH = 128
"""Columns that are done before the others hear of it; masks are chosen for as many at a time."""
DAMPING = 0.01
"""Added to the inputs' second moments, relative to their mean."""


def calibrated(
    model: Transducer, speech: Sequence[Tensor], bits: int, sparsity: float | None
) -> tuple[dict[str, Matrix], Transducer]:
    """The encoder's matrices but for the first convolution, fitted to features [T, mels].

    And a model that has them for weights. Every other utterance is heard as a whole, the rest in
    the chunks of a stream.
    """
    model = copy.deepcopy(model).eval()
    matrices = {}
    for label, names in encoder_matrices(model.settings).items():
        modules = [cast("Module", model.get_submodule(name)) for name in names]
        moments = _moments(model, modules[0], speech)
        weight = np.concatenate([_rows(module.weight) for module in modules])
        values, scales = solve(weight, moments, bits, sparsity)
        biases = [_bias(module) for module in modules]
        matrices[label] = _matrix(label, values, scales, np.concatenate(biases), bits)
        fitted = torch.from_numpy((values * scales[:, None]).astype(np.float32))
        for module, part in zip(modules, fitted.chunk(len(modules)), strict=True):
            module.weight.data = from_rows(part, module.weight).contiguous()
    return matrices, model


def solve(
    weight: Doubles, moments: Doubles, bits: int, sparsity: float | None
) -> tuple[NDArray[np.int8], Doubles]:
    """Values [N, K] and scales [N] for weights [N, K] whose inputs have second moments [K, K].

    Blocks that are zero stay zero.
    """
    order = _order(moments)
    back = np.argsort(order)
    factor = _factor(moments[np.ix_(order, order)])
    rows = np.zeros((groups(len(weight)) * LANES, weight.shape[1]))
    rows[: len(weight)] = weight[:, order]
    stored = _energy(rows) > 0
    kept = stored
    if sparsity and stored.mean() > 1 - sparsity:
        rows, kept = _pruned(rows, factor, sparsity)
        kept &= stored
        rows *= _spread(kept)
    scales = _scales(rows, np.diag(moments)[order], bits)
    values = _rounded(rows, factor, kept, scales, bits)
    return values[: len(weight), back].astype(np.int8), scales[: len(weight)]


def _order(moments: Doubles) -> NDArray[np.intp]:
    """Columns, four by four, those with the largest inputs first: late errors go unmended."""
    energy = np.diag(moments).reshape(-1, DEPTH).sum(axis=1)
    first = np.argsort(-energy, kind="stable") * DEPTH
    return (first[:, None] + np.arange(DEPTH)).ravel()


def _factor(moments: Doubles) -> Doubles:
    """The upper Cholesky factor of the inverse of the damped moments."""
    damped = moments + DAMPING * np.diag(moments).mean() * np.eye(len(moments))
    return np.linalg.cholesky(np.linalg.inv(damped)).T


def _pruned(rows: Doubles, factor: Doubles, sparsity: float) -> tuple[Doubles, NDArray[np.bool_]]:
    """Weights with blocks set to zero and the others mended; which blocks are kept."""
    rows, pivots = rows.copy(), np.diag(factor)
    kept = np.ones((len(rows) // LANES, rows.shape[1] // DEPTH), bool)
    damage = _damage(rows, pivots)
    threshold = np.quantile(damage, sparsity)
    for start in range(0, rows.shape[1], BATCH):
        columns = slice(start, min(start + BATCH, rows.shape[1]))
        blocks = slice(start // DEPTH, columns.stop // DEPTH)
        count = int((damage[:, blocks] < threshold).sum())
        now = _damage(rows[:, columns], pivots[columns])
        mask = np.ones(now.size, bool)
        mask[np.argsort(now, axis=None, kind="stable")[:count]] = False
        kept[:, blocks] = mask.reshape(now.shape)
        full = _spread(kept[:, blocks])

        def without(column: Doubles, at: int, full: NDArray[np.bool_] = full) -> Doubles:
            return column * full[:, at]

        _mended(rows, factor, columns, without)
    return rows, kept


def _damage(rows: Doubles, pivots: Doubles) -> Doubles:
    """What it costs to set each block to zero: [groups, blocks]."""
    return _energy(rows / pivots)


def _energy(rows: Doubles) -> Doubles:
    """The sum of squares of each block: [groups, blocks]."""
    single = np.square(rows)
    return np.asarray(single.reshape(len(rows) // LANES, LANES, -1, DEPTH).sum(axis=(1, 3)))


def _spread(kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """One flag a block as one for each weight."""
    return np.repeat(np.repeat(kept, LANES, axis=0), DEPTH, axis=1)


def _rounded(
    rows: Doubles, factor: Doubles, kept: NDArray[np.bool_], scales: Doubles, bits: int
) -> Doubles:
    """Whole numbers for the weights, zero outside the kept blocks."""
    rows, limit = rows.copy(), 2 ** (bits - 1) - 1
    full = _spread(kept)
    steps = np.where(scales > 0, scales, 1.0)

    for start in range(0, rows.shape[1], BATCH):
        columns = slice(start, min(start + BATCH, rows.shape[1]))

        def nearest(column: Doubles, at: int, first: int = start) -> Doubles:
            values = np.clip(np.rint(column / steps), -limit, limit)
            return values * steps * full[:, first + at]

        _mended(rows, factor, columns, nearest)
    return np.rint(rows / steps[:, None])


def _mended(
    rows: Doubles, factor: Doubles, columns: slice, target: Callable[[Doubles, int], Doubles]
) -> None:
    """Put each column where `target` says; the columns after it make up for the error."""
    part, inner = rows[:, columns].copy(), factor[columns, columns]
    errors = np.zeros_like(part)
    for at in range(part.shape[1]):
        wanted = target(part[:, at], at)
        errors[:, at] = (part[:, at] - wanted) / inner[at, at]
        part[:, at] = wanted
        part[:, at + 1 :] -= np.outer(errors[:, at], inner[at, at + 1 :])
    rows[:, columns] = part
    rows[:, columns.stop :] -= errors @ factor[columns, columns.stop :]


def _scales(rows: Doubles, importance: Doubles, bits: int) -> Doubles:
    """The scale of each row; with few bits the one that loses least, by the inputs' sizes."""
    limit = 2 ** (bits - 1) - 1
    full: Doubles = np.abs(rows).max(axis=1) / limit
    if bits > 4:
        return full
    best: Doubles = full
    least = np.full(len(rows), np.inf)
    for clip in CLIPS:
        steps = np.where(full > 0, full * clip, 1.0)[:, None]
        off = rows - np.clip(np.rint(rows / steps), -limit, limit) * steps
        lost = (np.square(off) * importance).sum(axis=1)
        best, least = np.where(lost < least, full * clip, best), np.minimum(lost, least)
    return best


def _matrix(
    label: str, values: NDArray[np.int8], scales: Doubles, bias: Doubles, bits: int
) -> Matrix:
    padded = np.zeros((2, groups(len(values)) * LANES), np.float32)
    padded[0, : len(values)], padded[1, : len(values)] = scales, bias
    return from_values(label, values, padded[0], padded[1], bits)


Module = nn.Linear | nn.Conv1d


def _rows(weight: Tensor) -> Doubles:
    return np.asarray(rows(weight.detach().double()))


def _bias(module: Module) -> Doubles:
    if module.bias is None:
        return np.zeros(len(module.weight))
    return np.asarray(module.bias.detach().double())


@torch.no_grad()
def _moments(model: Transducer, module: Module, speech: Sequence[Tensor]) -> Doubles:
    """Second moments of a module's inputs [K, K]."""
    moments = torch.zeros(0)
    chunks = model.settings.chunk, model.settings.whole
    with _heard(module) as inputs:
        for number, features in enumerate(speech):
            lengths = torch.tensor([len(features) // 2])
            model.encoder(features[None], lengths, chunks[number % 2])
            x = inputs.pop()
            if isinstance(module, nn.Conv1d):
                frames = x.unfold(2, module.kernel_size[0], module.stride[0])
                x = frames.permute(0, 2, 3, 1).flatten(2)
            rows = x.flatten(0, -2).double()
            product = rows.T @ rows
            moments = product if not len(moments) else moments + product
    return np.asarray(moments)


@contextmanager
def _heard(module: nn.Module) -> Iterator[list[Tensor]]:
    inputs: list[Tensor] = []
    hook = module.register_forward_pre_hook(lambda _, arguments: inputs.append(arguments[0]))
    try:
        yield inputs
    finally:
        hook.remove()
