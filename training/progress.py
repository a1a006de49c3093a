"""What a run in training says of itself: lines to read, and the same numbers as JSON Lines."""

from __future__ import annotations

import json
import time
from pathlib import Path

import torch
from torch import Tensor

from training.data import Batch
from training.losses import StepLosses
from training.parallel import Ranks

LOSSES = "losses.jsonl"


class Progress:
    """Losses and speed since the last report."""

    def __init__(self, folder: Path, ranks: Ranks) -> None:
        self._file, self._ranks = folder / LOSSES, ranks
        self.restart()

    def restart(self) -> None:
        """Begin again, so that what came between, such as measuring, does not count."""
        self._began, self._heard_s = time.monotonic(), torch.zeros(())
        self._losses: list[StepLosses] = []

    def add(self, losses: StepLosses, batch: Batch) -> None:
        """Count a step; nothing waits for an accelerator here."""
        self._losses.append(losses)
        self._heard_s = self._heard_s + batch.frames.sum() / 100

    def report(self, step: int, rate: float) -> None:
        """Print and write each loss's mean over the steps that had it; `rate`: of the peak."""
        if not self._losses:
            return
        columns: dict[str, list[Tensor]] = {}
        for losses in self._losses:
            for name, loss in losses.named():
                columns.setdefault(name, []).append(loss)
        own = [float(torch.stack(column).mean()) for column in columns.values()]
        own.append(float(self._heard_s))
        *means, heard_s = self._ranks.averaged(own, self._losses[0].total.device)
        if self._ranks.first:
            named = {name: round(mean, 4) for name, mean in zip(columns, means, strict=True)}
            self._write(step, rate, named, heard_s * self._ranks.count)
        self.restart()

    def _write(self, step: int, rate: float, losses: dict[str, float], heard_s: float) -> None:
        wall_s = time.monotonic() - self._began
        line = " ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
        print(f"step {step} {line} speed {heard_s / wall_s:.0f}x", flush=True)
        row = {"step": step, "losses": losses, "rate": round(rate, 4)}
        row |= {"heard_s": round(heard_s, 1), "wall_s": round(wall_s, 2)}
        with self._file.open("a", encoding="utf8") as file:
            file.write(json.dumps(row) + "\n")
