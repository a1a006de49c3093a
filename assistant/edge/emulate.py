"""A processor emulated beside the execution: each step's cycles, bytes and energy are counted.

The emulator is an executor like any other: programs run through it, on NumPy or the kernels, and
what they would have cost on the described processor adds up. The model of time is simple on
purpose. In a step multiplications, the decoder and the bus work side by side and the slowest sets
the pace; float operations come after; weights that fit stay on the chip, the others are read from
outside each time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Final

from assistant.asr.networks.network import Floats
from assistant.edge.matrix import BLOCK, Matrix
from assistant.edge.processor import Processor
from assistant.edge.program import (
    ActivationFunction,
    Attend,
    Executor,
    Join,
    Linear,
    Memory,
    Norm,
    Program,
    Step,
)

_QUANTISE: Final = 3
"""Float operations to quantise a number: size, product, rounding."""
_SCALE: Final = 3
_ACTIVATION: Final = {
    ActivationFunction.NONE: 0,
    ActivationFunction.GELU: 28,
    ActivationFunction.RELU: 1,
}
_NORM: Final = 8
_SOFTMAX: Final = 24
_TANH: Final = 24
_PICO: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What something took."""

    cycles: float = 0.0
    multiplying: float = 0.0
    """Cycles that the multipliers, the decoder, the bus and the vector unit are busy."""
    decoding: float = 0.0
    moving: float = 0.0
    vector: float = 0.0
    multiplications: int = 0
    skipped: int = 0
    """Multiplications with weights that are known to be zero."""
    bus_bytes: int = 0
    plain_bytes: int = 0
    """What the bus had moved if the same weights were plain 8-bit values, zeros and all."""
    plain_cycles: float = 0.0
    """The cycles with such weights, and no multiplication skipped."""
    energy_j: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(**{name: getattr(self, name) + getattr(other, name) for name in Cost.__slots__})

    @property
    def bound(self) -> str:
        """What took longest."""
        times = {
            "multipliers": self.multiplying,
            "decoder": self.decoding,
            "bus": self.moving,
            "vector unit": self.vector,
        }
        return max(times, key=times.__getitem__)


class Emulator:
    """An executor that counts for a processor what another one executes."""

    def __init__(self, processor: Processor, executor: Executor, kept: frozenset[str]) -> None:
        self.name = processor.name
        self.costs: defaultdict[str, Cost] = defaultdict(Cost)
        """By layer, in the order in which they first ran."""
        self._processor = processor
        self._executor = executor
        self._kept = kept

    def run(self, program: Program, arena: Floats, memory: Memory | None = None) -> None:
        """Execute all steps and count them."""
        self._executor.run(program, arena, memory)
        keys = memory.keys.shape[1] if memory else 0
        for step in program.steps:
            label, cost = self._cost(step, keys)
            self.costs[label] += cost

    @property
    def total(self) -> Cost:
        """Everything so far."""
        return sum(self.costs.values(), Cost())

    def _cost(self, step: Step, keys: int) -> tuple[str, Cost]:
        match step:
            case Linear():
                return step.matrix.name, self._linear(step)
            case Attend():
                return f"encoder.blocks.{step.layer}.attn", self._attend(step, keys)
            case Norm():
                floats = step.source.count * step.weights.shape[1]
                return "layer norms", self._timed(vector=_NORM * floats, on_chip=8 * floats)
            case Join():
                floats = step.source.count * step.width
                return "joiner.tanh", self._timed(vector=_TANH * floats, on_chip=8 * floats)

    def _linear(self, step: Linear) -> Cost:
        matrix, rows = step.matrix, step.source.count
        stored, dense = len(matrix.blocks) * BLOCK, matrix.outputs * matrix.inputs
        per_read = self._processor.weights_read_per_rows
        reads = math.ceil(rows / per_read) if per_read else 1
        vector = rows * (
            _QUANTISE * matrix.inputs + (_SCALE + _ACTIVATION[step.activation]) * matrix.outputs
        )
        on_chip = rows * (5 * matrix.inputs + 8 * matrix.outputs) + reads * matrix.nbytes
        done = stored if self._processor.skips_zero_blocks else dense
        outside = 0 if matrix.name in self._kept else reads
        plain = self._timed(
            multiplications=rows * dense,
            bits=8,
            bus_bytes=reads * (dense + 8 * matrix.outputs),
            vector=vector,
        )
        cost = self._timed(
            multiplications=rows * done,
            bits=matrix.bits,
            decoded=reads * stored,
            bus_bytes=outside * matrix.nbytes,
            vector=vector,
            on_chip=on_chip,
        )
        return replace(
            cost,
            skipped=rows * max(0, dense - done),
            plain_bytes=plain.bus_bytes,
            plain_cycles=plain.cycles,
        )

    def _attend(self, step: Attend, keys: int) -> Cost:
        rows, width = step.source.count, step.width
        scores = rows * keys * step.heads
        return self._timed(
            multiplications=2 * rows * keys * width,
            bits=16,
            vector=_SOFTMAX * scores + rows * width * 3 * _QUANTISE,
            on_chip=2 * keys * width + 8 * scores + 16 * rows * width,
        )

    def _timed(
        self,
        *,
        multiplications: int = 0,
        bits: int = 8,
        decoded: int = 0,
        bus_bytes: int = 0,
        vector: int = 0,
        on_chip: int = 0,
    ) -> Cost:
        """Time and energy of a step; `decoded` counts weights, `vector` float operations."""
        processor, energy = self._processor, self._processor.energy_pj
        multiplying = multiplications / processor.multiplications_per_cycle[bits]
        decoding = decoded / processor.decoder_weights_per_cycle
        moving = bus_bytes / processor.bytes_per_cycle
        floats = vector / processor.vector_operations_per_cycle
        cycles = max(multiplying, decoding, moving) + floats + processor.step_overhead_cycles
        dynamic_j = _PICO * (
            multiplications * energy.multiplication[bits]
            + vector * energy.vector_operation
            + on_chip * energy.on_chip_byte
            + bus_bytes * energy.off_chip_byte
        )
        return Cost(
            cycles=cycles,
            plain_cycles=cycles,
            multiplying=multiplying,
            decoding=decoding,
            moving=moving,
            vector=floats,
            multiplications=multiplications,
            bus_bytes=bus_bytes,
            energy_j=dynamic_j + processor.static_mw * 1e-9 * cycles / processor.clock_mhz,
        )


def kept_on_chip(
    matrices: tuple[Matrix, ...], processor: Processor, work_bytes: int
) -> frozenset[str]:
    """Names of the matrices that stay in the processor's memory beside `work_bytes` of others.

    A program that manages its memory keeps what is used most often, then the smallest. A cache
    that is too small for a whole pass keeps only what is used several times in one.
    """
    free = processor.on_chip_bytes - work_bytes
    candidates = sorted(matrices, key=lambda matrix: (not _often(matrix), matrix.nbytes))
    cache = processor.weights_read_per_rows > 0
    if cache and sum(matrix.nbytes for matrix in matrices) > free:
        candidates = [matrix for matrix in candidates if _often(matrix)]
    kept = set()
    for matrix in candidates:
        if matrix.nbytes <= free:
            kept.add(matrix.name)
            free -= matrix.nbytes
    return frozenset(kept)


def _often(matrix: Matrix) -> bool:
    """Predictor and joiner run several times for each chunk of the encoder."""
    return not matrix.name.startswith("encoder")
