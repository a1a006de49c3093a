"""One run by several processes, on one machine or more, by PyTorch's own means.

    torchrun --nproc-per-node 2 -m training.train training/recipes/en-small.yaml

Each process makes and hears its own utterances of every batch, so `batch_s` is that of all of
them, and losses are those that one process would have with the whole batch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

from training.losses import StepLosses

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ranks:
    """Which process this is, of how many."""

    rank: int = 0
    count: int = 1

    @classmethod
    def joined(cls) -> Ranks:
        """As `torchrun` started it; alone where it did not."""
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return cls()
        if torch.cuda.is_available():
            torch.cuda.set_device(cls().device)
        if not dist.is_initialized():
            dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        return cls(dist.get_rank(), dist.get_world_size())

    @property
    def device(self) -> torch.device:
        """Where this process computes."""
        if not torch.cuda.is_available():
            return torch.device("cpu")
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))

    @property
    def first(self) -> bool:
        """Whether it is this process that writes and prints."""
        return self.rank == 0

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """The first process goes ahead, since it makes files that the others read."""
        if self.count > 1 and not self.first:
            dist.barrier()
        yield
        if self.count > 1 and self.first:
            dist.barrier()

    def own(self, items: Sequence[T]) -> Sequence[T]:
        """The part of a batch that is for this process."""
        return items[self.rank :: self.count]

    def mean(self, total: Tensor, size: Tensor) -> Tensor:
        """`total / size` such that the mean over the processes is that of all their utterances.

        Gradients are averaged over the processes, which may have heard more and less.
        """
        if self.count == 1:
            return total / size
        everywhere = size.detach().float()
        dist.all_reduce(everywhere)
        return total * self.count / everywhere

    def averaged(self, values: Sequence[float], device: torch.device) -> list[float]:
        """The means over the processes."""
        if self.count == 1:
            return list(values)
        shared = torch.tensor(values, device=device)
        dist.all_reduce(shared)
        return (shared / self.count).tolist()

    def agreed(self, value: float, device: torch.device) -> float:
        """What the first process says, so that all stop at once."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64, device=device)
        dist.broadcast(shared, 0)
        return float(shared)

    def sharing(self, losses: Losses) -> nn.Module:
        """The same losses, with gradients averaged over the processes as they come."""
        if self.count == 1:
            return losses
        # The attention decoder learns from some of the batches only.
        return DistributedDataParallel(losses, find_unused_parameters=True)


class Losses(nn.Module):
    """A model's losses as a module, which is what can be shared."""

    def __init__(self, model: nn.Module, losses: Callable[..., StepLosses]) -> None:
        super().__init__()
        self.model = model
        self._losses = losses

    def forward(self, *arguments: Any) -> StepLosses:  # noqa: ANN401
        """The losses of one step."""
        return self._losses(*arguments)
