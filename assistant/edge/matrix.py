"""Matrices as the kernels want them: low-bit values in blocks, zero blocks left out.

A block is 16 outputs by 4 inputs: 64 values of 8 bits are one cache line and one AVX-512 register
(`vpdpbusd` multiplies and adds along the 4 inputs of 16 outputs), or four NEON registers
(`sdot` does the same for 4 outputs). So a block that is zero costs no load and no multiplication,
and one that is not runs at the full rate of the dense product. Narrower blocks would lose less
accuracy when they are pruned, but half-empty registers would lose the speed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats
from assistant.edge.errors import EdgeFormatError

Bytes = NDArray[np.uint8]

LANES: Final = 16
"""Outputs in a block."""
DEPTH: Final = 4
"""Inputs in a block."""
BLOCK: Final = LANES * DEPTH
WORD: Final = 64
"""Blocks that one word of the bitmap tells of."""
BITS: Final = (8, 4)
OFFSET: Final = 8
"""Added to a 4-bit value, so that it is stored without a sign."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Matrix:
    """A quantised linear map; `groups` are 16 outputs each, the last one filled up with zeros."""

    name: str
    outputs: int
    inputs: int
    bits: int
    scales: Floats
    """float32 [groups * 16]: a weight is its value times the scale of its output."""
    bias: Floats
    """float32 [groups * 16]."""
    bitmap: NDArray[np.uint64]
    """uint64 [groups, words]: bit `i % 64` of word `i / 64` is set when block `i` is stored."""
    blocks: Bytes
    """uint8 [stored blocks, 64 or 32], group by group; see `pack_blocks`."""

    @property
    def groups(self) -> int:
        """Sets of 16 outputs."""
        return groups(self.outputs)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.scales.nbytes + self.bias.nbytes + self.bitmap.nbytes + self.blocks.nbytes

    @property
    def density(self) -> float:
        """Share of the blocks that are stored."""
        return len(self.blocks) / (self.groups * self.inputs // DEPTH)

    def stored(self) -> NDArray[np.bool_]:
        """Which blocks are stored: bool [groups, inputs / 4]."""
        bits = np.unpackbits(self.bitmap.view(np.uint8), axis=1, bitorder="little")
        return bits[:, : self.inputs // DEPTH].astype(bool)

    def values(self) -> NDArray[np.int8]:
        """All the values, zeros too: int8 [outputs, inputs]."""
        blocks = np.zeros((self.groups, self.inputs // DEPTH, LANES, DEPTH), np.int8)
        blocks[self.stored()] = unpack_blocks(self.blocks, self.bits)
        rows = blocks.transpose(0, 2, 1, 3).reshape(self.groups * LANES, self.inputs)
        return rows[: self.outputs]

    def sums(self) -> NDArray[np.int32]:
        """Sum of each output's values: int32 [groups * 16]; unsigned activations need it."""
        totals = np.zeros((self.groups, LANES), np.int32)
        group = np.nonzero(self.stored())[0]
        np.add.at(totals, group, unpack_blocks(self.blocks, self.bits).sum(2, dtype=np.int32))
        return totals.ravel()

    def check(self) -> None:
        """Whether the parts fit each other, so that no kernel can leave its memory."""
        words = -(-self.inputs // (DEPTH * WORD))
        if self.bits not in BITS or self.outputs < 1 or self.inputs < DEPTH or self.inputs % DEPTH:
            raise EdgeFormatError(f"{self.name}: {self.outputs} x {self.inputs}, {self.bits} bits")
        if self.bitmap.shape != (self.groups, words):
            raise EdgeFormatError(f"{self.name}: the bitmap does not fit the matrix")
        bits = np.unpackbits(self.bitmap.view(np.uint8), axis=1, bitorder="little")
        if bits[:, self.inputs // DEPTH :].any():
            raise EdgeFormatError(f"{self.name}: the bitmap tells of blocks outside the matrix")
        if self.blocks.shape != (int(bits.sum()), BLOCK * self.bits // 8):
            raise EdgeFormatError(f"{self.name}: the bitmap tells of other blocks than are stored")
        for values in (self.scales, self.bias):
            if values.shape != (self.groups * LANES,) or not np.isfinite(values).all():
                raise EdgeFormatError(f"{self.name}: scales or bias are not {self.outputs} numbers")


class Lookup:
    """The weights of single outputs: a product can serve as a table, too."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._stored = matrix.stored()
        self._first = np.concatenate([[0], self._stored.sum(axis=1).cumsum()])
        """Where each group's blocks begin."""

    def row(self, output: int) -> Floats:
        """Those of one output, float32 [inputs]."""
        matrix, (group, lane) = self._matrix, divmod(output, LANES)
        blocks = matrix.blocks[self._first[group] : self._first[group + 1]]
        values = np.zeros((matrix.inputs // DEPTH, DEPTH), np.float32)
        values[self._stored[group]] = unpack_blocks(blocks, matrix.bits)[:, lane]
        return np.asarray(values.ravel() * matrix.scales[output], np.float32)


def groups(outputs: int) -> int:
    """Sets of 16 that `outputs` fill, the last one perhaps not whole."""
    return -(-outputs // LANES)


def pack_blocks(blocks: NDArray[np.int8], bits: int) -> Bytes:
    """int8 [n, 16, 4] to uint8 [n, 64], or [n, 32] with values 0-31 low and 32-63 high."""
    flat = blocks.reshape(-1, BLOCK)
    if bits == BITS[0]:
        return np.ascontiguousarray(flat).view(np.uint8)
    shifted = (flat + OFFSET).astype(np.uint8)
    return np.asarray(shifted[:, : BLOCK // 2] | shifted[:, BLOCK // 2 :] << 4, np.uint8)


def unpack_blocks(blocks: Bytes, bits: int) -> NDArray[np.int8]:
    """What `pack_blocks` packed: int8 [n, 16, 4]."""
    if bits == BITS[0]:
        return blocks.view(np.int8).reshape(-1, LANES, DEPTH)
    halves = np.concatenate([blocks & 15, blocks >> 4], axis=1).astype(np.int8)
    return (halves - np.int8(OFFSET)).reshape(-1, LANES, DEPTH)
