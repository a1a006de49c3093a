"""What both runtimes' trees of word pieces are made of: who comes before whom, and what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from assistant.asr.networks.network import Floats

_ROOM: Final = 64
"""Nodes that there is room for at first."""

Branch = tuple[int, ...]
"""The nodes on the way to one, that one the last."""


class Branches:
    """The way to each node of a growing tree."""

    def __init__(self) -> None:
        self._branches: list[Branch] = []

    def grow(self, parents: Sequence[int]) -> list[Branch]:
        """Add a node for each parent, as `PieceTree` numbers them; the ways to the new ones."""
        branches = self._branches
        first = len(branches)
        for parent in parents:
            before = branches[parent] if parent >= 0 else ()
            branches.append((*before, len(branches)))
        return branches[first:]


class NodeArray:
    """A float32 array with one axis for the nodes of a growing tree; its room doubles."""

    def __init__(self, shape: tuple[int, ...], axis: int) -> None:
        self._axis, self._nodes = axis, 0
        self._room = np.empty((*shape[:axis], _ROOM, *shape[axis:]), np.float32)

    def grow(self, count: int) -> Floats:
        """All of it, a view, with places for `count` more nodes that are to be filled."""
        before, room = self._first(self._nodes), self._room
        self._nodes += count
        if self._nodes > room.shape[self._axis]:
            shape = list(room.shape)
            shape[self._axis] = max(self._nodes, 2 * shape[self._axis])
            self._room = np.empty(shape, np.float32)
            self._room[before] = room[before]
        return self._room[self._first(self._nodes)]

    def _first(self, count: int) -> tuple[slice, ...]:
        return (*(slice(None),) * self._axis, slice(count))
