"""Programs executed by the kernels in C, a plain shared library that any Python 3 can load."""

from __future__ import annotations

import ctypes
import threading
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats
from assistant.config.extras import install_command
from assistant.edge.matrix import Matrix
from assistant.edge.program import Attend, Join, Linear, Memory, Norm, Program, Rows, Step
from assistant.edge.reference import Reference
from assistant.errors import HearthError

_ABI: Final = 2
_ALIGNMENT: Final = 64


class Level(IntEnum):
    """The sets of instructions that there are kernels for."""

    PORTABLE = 0
    AVX2 = 1
    AVX512_VNNI = 2
    NEON = 3
    NEON_DOT = 4


class KernelError(HearthError, RuntimeError):
    """The kernels cannot be used; the message says why and what to do."""


class _Step(ctypes.Structure):
    _fields_ = (
        *(
            (name, ctypes.c_int32)
            for name in (
                *("operation", "rows", "inputs", "outputs", "bits", "activation"),
                *("source", "stride", "target", "target_stride", "residual", "residual_stride"),
                *("heads", "layer", "words", "spare"),
            )
        ),
        *((name, ctypes.c_void_p) for name in ("scales", "bias", "sums", "bitmap", "blocks")),
    )


class _Memory(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int32) for name in ("steps", "past", "width", "heads")),
        *((name, ctypes.c_void_p) for name in ("keys", "values", "key_scales", "value_scales")),
    )


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    built = sorted(Path(__file__).parent.glob("_kernels*.so"))
    if not built:
        raise KernelError(
            f"the edge kernels were not built: install a C compiler, then {install_command()}"
        )
    try:
        library = ctypes.CDLL(str(built[-1]))
        abi = library.edge_abi()
    except (OSError, AttributeError) as error:
        raise KernelError(f"{built[-1]} cannot be loaded ({error}); build it again") from error
    if abi != _ABI:
        raise KernelError(f"{built[-1]} belongs to another version; {install_command()}")
    library.edge_scratch.restype = ctypes.c_int64
    library.edge_scratch.argtypes = (ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32)
    library.edge_run.argtypes = (
        *(ctypes.c_int32, ctypes.c_void_p, ctypes.c_int32),
        *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p),
    )
    return library


def levels() -> tuple[Level, ...]:
    """The levels that this machine can run, the best one last; none without the library."""
    try:
        library = _library()
    except KernelError:
        return ()
    return tuple(level for level in Level if library.edge_supported(level))


def has_arm_kernels() -> bool:
    """Whether there are kernels for this processor, and it is an ARM."""
    return any(level in (Level.NEON, Level.NEON_DOT) for level in levels())


def lost() -> str | None:
    """What is wrong with the kernels here and what to do about it; None when they work."""
    try:
        _library()
    except KernelError as error:
        return f"{error}; until then the edge runtime is several times slower"
    return None


class _Encoded:
    """A program as the library wants it, with the arrays that its addresses need.

    Not with the program itself: that would never be gone, since this is kept for as long as it is.
    """

    def __init__(self, program: Program) -> None:
        self.keep: list[object] = []
        self.steps = (_Step * len(program.steps))(*map(self._step, program.steps))
        self.address = ctypes.addressof(self.steps)
        self._keys, self._scratch = -1, 0

    def scratch(self, library: ctypes.CDLL, keys: int) -> int:
        """Bytes of scratch memory that are enough to attend to `keys` steps."""
        if keys > self._keys:
            self._scratch = library.edge_scratch(self.address, len(self.steps), keys)
            self._keys = keys
        return self._scratch

    def _step(self, step: Step) -> _Step:
        values = {"operation": _OPERATIONS[type(step)], "residual": -1}
        values |= _places(step.source, step.target)
        match step:
            case Linear():
                values |= self._matrix(step.matrix) | {"activation": int(step.activation)}
                if step.residual is not None:
                    values |= _residual(step.residual)
            case Norm():
                values["inputs"] = step.weights.shape[1]
                values |= {"scales": self._at(step.weights[0]), "bias": self._at(step.weights[1])}
            case Attend():
                values |= {"inputs": step.width, "heads": step.heads, "layer": step.layer}
            case Join():
                values |= {"inputs": step.width} | _residual(step.other)
        return _Step(**values)

    def _matrix(self, matrix: Matrix) -> dict[str, int]:
        return {
            "inputs": matrix.inputs,
            "outputs": matrix.outputs,
            "bits": matrix.bits,
            "words": matrix.bitmap.shape[1],
            "scales": self._at(matrix.scales),
            "bias": self._at(matrix.bias),
            "sums": self._at(_sums(matrix)),
            "bitmap": self._at(matrix.bitmap),
            "blocks": self._at(matrix.blocks),
        }

    def _at(self, array: NDArray[np.generic]) -> int:
        if not array.flags.c_contiguous:
            raise ValueError("kernels need arrays without gaps")
        self.keep.append(array)
        return array.ctypes.data


_SUMS: Final[WeakKeyDictionary[Matrix, NDArray[np.int32]]] = WeakKeyDictionary()


def _sums(matrix: Matrix) -> NDArray[np.int32]:
    """A matrix's sums, added up once for all programs that use it: they have many lengths."""
    found = _SUMS.get(matrix)
    if found is None:
        found = _SUMS[matrix] = matrix.sums()
    return found


_OPERATIONS: Final = {Linear: 0, Norm: 1, Attend: 2, Join: 3}


def _places(source: Rows, target: Rows) -> dict[str, int]:
    return {
        "rows": source.count,
        "source": source.at,
        "stride": source.stride,
        "target": target.at,
        "target_stride": target.stride,
    }


def _residual(rows: Rows) -> dict[str, int]:
    return {"residual": rows.at, "residual_stride": rows.stride}


class Native:
    """The executor of compiled kernels; `level` None picks the best for this machine.

    May be used by several threads; a program of one runs at a time.
    """

    def __init__(self, level: Level | None = None) -> None:
        self._library = _library()
        self._level = Level(self._library.edge_best()) if level is None else level
        if not self._library.edge_supported(self._level):
            raise KernelError(f"this machine has no {self._level.name}")
        self._programs: WeakKeyDictionary[Program, _Encoded] = WeakKeyDictionary()
        self._scratch = aligned(0)
        self._lock = threading.Lock()
        self.name = self._level.name.lower()

    def run(self, program: Program, arena: Floats, memory: Memory | None = None) -> None:
        """Execute all steps."""
        if arena.size < program.arena or arena.dtype != np.float32 or not arena.flags.c_contiguous:
            raise ValueError(f"the arena is not {program.arena} floats")
        with self._lock:
            encoded = self._programs.get(program)
            if encoded is None:
                encoded = self._programs[program] = _Encoded(program)
            size = encoded.scratch(self._library, memory.keys.shape[1] if memory else 0)
            if self._scratch.size < size:
                self._scratch = aligned(size)
            self._library.edge_run(
                self._level,
                encoded.address,
                len(encoded.steps),
                arena.ctypes.data,
                _address(memory) if memory else None,
                self._scratch.ctypes.data,
            )


def _address(memory: Memory) -> ctypes._Pointer[_Memory]:
    _, steps, width = memory.keys.shape
    parts = (memory.keys, memory.values, memory.key_scales, memory.value_scales)
    if not all(part.flags.c_contiguous for part in parts):
        raise ValueError("kernels need a memory without gaps")
    addresses = (part.ctypes.data for part in parts)
    heads = memory.key_scales.shape[2]
    return ctypes.pointer(_Memory(steps, memory.past, width, heads, *addresses))


def aligned(size: int) -> NDArray[np.uint8]:
    """uint8 [size] that begins at a multiple of 64 bytes."""
    room = np.empty(size + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return room[start : start + size]


def best() -> Native | Reference:
    """The fastest executor here: the kernels, or NumPy where they were not built."""
    return Native() if levels() else Reference()
