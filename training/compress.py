"""Training for the edge runtime: weights drawn to their grid, blocks taken away step by step.

Both are off by default, and what is off touches nothing: the dense model trains as ever. Steps
count from the beginning of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from assistant.edge.matrix import BITS
from training.matrices import DELICATE, encoder_matrices, weights_of
from training.model import Transducer
from training.rounding import rounded, rounded_rows, scales, slope
from training.sparsify import masks, share_at

TABLE = "predictor.embedding"
"""Rounded to 8 bits, a scale for each token; no activations reach it."""


@dataclass(frozen=True, slots=True)
class Compression:
    """The `compression` of a recipe."""

    bits: int = 8
    """Of the encoder's weights, 8 or 4; what is delicate always has 8."""
    pull: float = 0.0
    """How strongly the regulariser draws at last, relative to the loss's gradient in a matrix."""
    pull_steps: tuple[int, int] = (0, 1000)
    """It grows in a straight line from the first of these steps to the last."""
    rounding_from: int | None = None
    """From this step on the loss sees rounded weights and 8-bit activations; None: never."""
    sparsity: float = 0.0
    """The share of blocks that are zero at last."""
    sparse_steps: tuple[int, int] = (0, 1000)
    """The first and the last step at which blocks are taken away."""
    every: int = 20
    """Steps from one choice of blocks and scales to the next."""

    def __post_init__(self) -> None:
        if self.bits not in BITS:
            raise ValueError(f"compression.bits is {self.bits}: it may be 8 or 4")
        if not 0.0 <= self.sparsity < 1.0:
            raise ValueError(f"compression.sparsity is {self.sparsity}: it may be 0 to below 1")
        if self.pull < 0.0 or self.every < 1:
            raise ValueError("compression.pull must not be negative, and every not below 1")
        for name in ("pull_steps", "sparse_steps"):
            first, last = getattr(self, name)
            if not 0 <= first < last:
                raise ValueError(f"compression.{name} is {first}, {last}: they must ascend from 0")

    @property
    def steps(self) -> int:
        """Steps until all is in full force; 0 where everything is off."""
        last = [
            self.pull_steps[1] if self.pull else -1,
            self.sparse_steps[1] if self.sparsity else -1,
            -1 if self.rounding_from is None else self.rounding_from,
        ]
        return max(last) + 1


class Compressor:
    """What compression does to a model, and to its running average, in each step of training."""

    def __init__(self, settings: Compression, model: Transducer, average: Transducer) -> None:
        self._settings, self._model, self._average = settings, model, average
        self._matrices = encoder_matrices(model.settings)
        self._bits = {name: settings.bits for names in self._matrices.values() for name in names}
        self._bits |= dict.fromkeys((*DELICATE, TABLE), BITS[0])
        self._weights = dict(zip(self._bits, weights_of(model, list(self._bits)), strict=True))
        self._scales: dict[str, Tensor] = {}
        self._masks: dict[str, Tensor] = {}
        self._masked: list[tuple[list[nn.Parameter], list[Tensor]]] = []
        self._energies: dict[str, Tensor] = {}
        self._share = 0.0

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"share": self._share, "masks": self._masks}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._share, self._masks = state["share"], state["masks"]
        self._collect()

    @contextmanager
    def watching(self, step: int) -> Iterator[None]:
        """Measure meanwhile the inputs of matrices, if blocks are due to go at this step."""
        if self._due(step) <= self._share:
            yield
            return
        firsts = {label: names[0] for label, names in self._matrices.items()}
        hooks = [
            self._model.get_submodule(name).register_forward_pre_hook(self._measuring(label))
            for label, name in firsts.items()
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _measuring(self, label: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def measure(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
            squares = arguments[0].detach().float().square()
            if isinstance(module, nn.Conv1d):
                self._energies[label] = squares.mean((0, 2)).repeat(module.kernel_size[0])
            else:
                self._energies[label] = squares.flatten(0, -2).mean(0)

        return measure

    @contextmanager
    def rounding(self, step: int) -> Iterator[None]:
        """Forward and backward pass at the weights and activations that the edge runtime has.

        Gradients are those at the rounded weights, and are applied to the exact ones
        (straight-through).
        """
        begins = self._settings.rounding_from
        if begins is None or step < begins:
            yield
            return
        self._find_scales(step)
        exact = {name: weight.data for name, weight in self._weights.items()}
        modules = [self._model.get_submodule(name) for name in self._bits if name != TABLE]
        hooks = [module.register_forward_pre_hook(_rounded_input) for module in modules]
        for name, weight in self._weights.items():
            weight.data = rounded(weight.data, self._scales[name], self._bits[name])
        try:
            yield
        finally:
            for name, weight in self._weights.items():
                weight.data = exact[name]
            for hook in hooks:
                hook.remove()

    @torch.no_grad()
    def pull(self, step: int) -> None:
        """Add the regulariser's gradient to the loss's.

        Called when gradients have been clipped, so that many small pulls leave the loss no less.
        """
        first, last = self._settings.pull_steps
        strength = self._settings.pull * min(1.0, max(0.0, (step - first) / (last - first)))
        if not strength:
            return
        self._find_scales(step)
        for name, weight in self._weights.items():
            if weight.grad is not None:
                size = strength * weight.grad.square().mean().sqrt()
                weight.grad += size * slope(weight, self._scales[name], self._bits[name])

    def _find_scales(self, step: int) -> None:
        if not self._scales or step % self._settings.every == 0:
            for name, weight in self._weights.items():
                self._scales[name] = scales(weight, self._bits[name])

    @torch.no_grad()
    def prune(self, step: int) -> None:
        """Take away what is due at a step that was watched, and keep away what has gone before."""
        self._apply_masks()
        share = self._due(step)
        if share > self._share:
            for label, names in self._matrices.items():
                chosen = masks(weights_of(self._model, names), share, self._energies[label])
                self._masks |= zip(names, chosen, strict=True)
            self._share = share
            self._collect()
            self._apply_masks()

    def _due(self, step: int) -> float:
        first, last = self._settings.sparse_steps
        held = step if step >= last else step - step % self._settings.every
        return share_at(held, first, last, self._settings.sparsity)

    def _collect(self) -> None:
        names, kept = list(self._masks), list(self._masks.values())
        models = (self._model, self._average) if names else ()
        self._masked = [(weights_of(model, names), kept) for model in models]

    def _apply_masks(self) -> None:
        for weights, kept in self._masked:
            for weight, mask in zip(weights, kept, strict=True):
                weight.mul_(mask)


def _rounded_input(module: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    # A convolution's row in the kernels is several frames with one scale; here each has its own.
    return (rounded_rows(arguments[0], 1 if isinstance(module, nn.Conv1d) else -1),)
