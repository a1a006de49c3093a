"""What one step of training lost, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from torch import Tensor


@dataclass(frozen=True, slots=True)
class StepLosses:
    """Losses of a step, each a number in a tensor; `None` where the step had no such loss.

    Gradients come from `total` alone; the others are what it is made of, before they are weighted.
    """

    total: Tensor
    transducer: Tensor | None = None
    """A token's, as are `ctc`, `flat_start` and `attention`."""
    ctc: Tensor | None = None
    flat_start: Tensor | None = None
    attention: Tensor | None = None
    teacher: Tensor | None = None
    """How far the layers' outputs are from the teacher's, relative to their size."""
    word_errors: Tensor | None = None
    """Expected wrong words of an utterance, relative to the mean of its list."""

    def plus(self, name: str, loss: Tensor, weight: float) -> StepLosses:
        """With one loss more."""
        return replace(self, total=self.total + weight * loss, **{name: loss.detach()})

    def detached(self) -> StepLosses:
        """Numbers alone, so that nothing keeps the step's activations."""
        return replace(self, total=self.total.detach())

    def named(self) -> Iterator[tuple[str, Tensor]]:
        """Those that there are, the total first."""
        for field in fields(self):
            loss: Tensor | None = getattr(self, field.name)
            if loss is not None:
                yield field.name, loss
