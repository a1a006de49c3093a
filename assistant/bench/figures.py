"""Figures over many measurements."""

from __future__ import annotations

from collections.abc import Sequence


def percentile(items: Sequence[float], share: int) -> float:
    """The value that `share` percent of the items do not exceed."""
    ordered = sorted(items)
    return ordered[min(len(ordered) - 1, -(-len(ordered) * share // 100) - 1)]
