"""What a run in training says of itself: lines to read, and the same numbers as JSON Lines."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from pathlib import Path

import torch
from torch import Tensor

from training.data import Batch

LOSSES = "losses.jsonl"


class Progress:
    """Losses and speed since the last report."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / LOSSES
        self.restart()

    def restart(self) -> None:
        """Begin anew, so that what came between, such as measuring, does not count."""
        self._began, self._heard_s = time.monotonic(), torch.zeros(())
        self._losses: list[tuple[Tensor, ...]] = []

    def add(self, losses: tuple[Tensor, ...], batch: Batch) -> None:
        """Count a step; nothing waits for an accelerator here."""
        self._losses.append(losses)
        self._heard_s = self._heard_s + batch.frames.sum() / 100

    def report(self, step: int, rate: float, attention: Collection[Tensor]) -> None:
        """Print and write the means, if there is anything new; `rate` is relative to the peak."""
        if not self._losses:
            return
        columns = zip(*self._losses, strict=False)
        means = [round(float(sum(column)) / len(column), 4) for column in columns]
        heard_s, wall_s = float(self._heard_s), time.monotonic() - self._began
        line = f"step {step} loss {' '.join(f'{mean:.3f}' for mean in means)}"
        row = {"step": step, "losses": means, "rate": round(rate, 4)}
        if attention:
            row["attention"] = round(float(sum(attention)) / len(attention), 4)
            line += f" attention {row['attention']:.3f}"
        print(f"{line} speed {heard_s / wall_s:.0f}x", flush=True)
        row |= {"heard_s": round(heard_s, 1), "wall_s": round(wall_s, 2)}
        with self._file.open("a", encoding="utf8") as file:
            file.write(json.dumps(row) + "\n")
        self.restart()
