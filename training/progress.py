"""What a run in training says of itself: lines to read, and the same numbers as JSON Lines."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from pathlib import Path

import torch
from torch import Tensor

from training.data import Batch
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
        self._losses: list[tuple[Tensor, ...]] = []

    def add(self, losses: tuple[Tensor, ...], batch: Batch) -> None:
        """Count a step; nothing waits for an accelerator here."""
        self._losses.append(losses)
        self._heard_s = self._heard_s + batch.frames.sum() / 100

    def report(self, step: int, rate: float, attention: Collection[Tensor]) -> None:
        """Print and write the means, if there is anything new; `rate` is relative to the peak."""
        columns = [*zip(*self._losses, strict=False), *([attention] if attention else [])]
        if not self._losses:
            return
        own = [float(sum(column)) / len(column) for column in columns]
        own.append(float(self._heard_s))
        *means, heard_s = self._ranks.averaged(own, self._losses[0][0].device)
        means = [round(mean, 4) for mean in means]
        if self._ranks.first:
            written = means.pop() if attention else None
            self._write(step, rate, means, written, heard_s * self._ranks.count)
        self.restart()

    def _write(
        self, step: int, rate: float, means: list[float], attention: float | None, heard_s: float
    ) -> None:
        wall_s = time.monotonic() - self._began
        line = f"step {step} loss {' '.join(f'{mean:.3f}' for mean in means)}"
        row = {"step": step, "losses": means, "rate": round(rate, 4)}
        if attention is not None:
            row["attention"] = attention
            line += f" attention {attention:.3f}"
        print(f"{line} speed {heard_s / wall_s:.0f}x", flush=True)
        row |= {"heard_s": round(heard_s, 1), "wall_s": round(wall_s, 2)}
        with self._file.open("a", encoding="utf8") as file:
            file.write(json.dumps(row) + "\n")
