"""Programs made once and run on one arena."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Final

import numpy as np

from assistant.asr.networks.network import Floats
from assistant.edge import native
from assistant.edge.program import Executor, Memory, Program, Rows

KEPT: Final = 64
"""Programs for more rows are made each time: whole sentences and lists of names vary in length."""


class Runner:
    """Runs programs; may be used by several threads."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self._programs: dict[Hashable, Program] = {}
        self._arena: Floats = np.zeros(0, np.float32)
        self._lock = threading.Lock()

    def run(
        self,
        key: tuple[str, int, int],
        make: Callable[[], Program],
        inputs: dict[str, Floats],
        memory: Memory | None = None,
    ) -> tuple[Floats, Floats | None]:
        """Execute the program known as `key`, a name, a layer and a number of rows.

        Its output and what the attention decoder hears are the caller's.
        """
        with self._lock:
            program = self._programs.get(key)
            if program is None:
                program = make()
                if key[-1] <= KEPT:
                    self._programs[key] = program
            if self._arena.size < program.arena:
                self._arena = native.aligned(4 * program.arena).view(np.float32)
            for name, values in inputs.items():
                place = program.inputs[name]
                _view(self._arena, place, values.size // place.count)[:] = values.reshape(
                    place.count, -1
                )
            self.executor.run(program, self._arena, memory)
            inner = program.inner
            return (
                _view(self._arena, program.output, program.width).copy(),
                None if inner is None else _view(self._arena, inner, inner.stride).copy(),
            )


def _view(arena: Floats, place: Rows, width: int) -> Floats:
    strides = (place.stride * arena.itemsize, arena.itemsize)
    # Several times as quick as `as_strided`, which counts where a program is small.
    return np.ndarray((place.count, width), arena.dtype, arena, place.at * arena.itemsize, strides)
