"""The packed file: header, table of sections, sections; `docs/edge-format.md` has each byte.

The file is mapped into memory and used where it lies. Everything is checked when it is opened, so
that a corrupt file is an `EdgeFormatError` and nothing that runs later can leave the mapping.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats
from assistant.edge.errors import EdgeFormatError
from assistant.edge.matrix import BITS, BLOCK, DEPTH, LANES, WORD, Matrix, groups

MAGIC: Final = b"HTH-EDGE"
VERSION: Final = 1
ALIGNMENT: Final = 64
HEADER: Final = struct.Struct("<8sHHIQ36xI")
"""Magic, version, sections, CRC-32 of the table, length of the file, zeros, CRC-32 of the rest."""
ENTRY: Final = struct.Struct("<48sBBHIIIQQ")
"""Name, kind, bits, zero, rows, columns, CRC-32, offset, length."""
MOST_SECTIONS: Final = 1024
MOST_ROWS: Final = 1 << 20

TEXT, FLOATS, MATRIX, TABLE = 1, 2, 3, 4


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows to look up: int8 values [rows, columns], a row's scale times them are its numbers."""

    name: str
    scales: Floats
    values: NDArray[np.int8]

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.scales.nbytes + self.values.nbytes

    def rows(self, index: NDArray[np.int64]) -> Floats:
        """The rows at `index` [...]: float32 [..., columns]."""
        return self.values[index] * self.scales[index][..., None]


Section = str | Floats | Matrix | Table


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the table of sections."""

    name: str
    kind: int
    bits: int
    rows: int
    columns: int
    checksum: int
    offset: int
    length: int


def write(path: Path, sections: Mapping[str, Section]) -> int:
    """Write a packed file and return its length in bytes; an old one is replaced when it is whole.

    Floats are float32 [columns] or [rows, columns].
    """
    bodies = [encode(name, section) for name, section in sections.items()]
    offset = start_of_sections(len(bodies))
    table, data = b"", b""
    for (name, section), body in zip(sections.items(), bodies, strict=True):
        label = name.encode()
        if len(label) > 48:  # noqa: PLR2004 - the field's width
            raise ValueError(f"{name} is too long a name for a section: 48 bytes at most")
        padded = body.ljust(aligned(len(body)), b"\0")
        kind, bits, rows, columns = _shape(section, body)
        table += ENTRY.pack(
            label, kind, bits, 0, rows, columns, zlib.crc32(padded), offset + len(data), len(body)
        )
        data += padded
    table = table.ljust(offset - HEADER.size, b"\0")
    header = HEADER.pack(MAGIC, VERSION, len(bodies), zlib.crc32(table), offset + len(data), 0)
    header = header[:-4] + struct.pack("<I", zlib.crc32(header[:-4]))
    temporary = path.with_suffix(path.suffix + ".new")
    temporary.write_bytes(header + table + data)
    temporary.replace(path)
    return offset + len(data)


def read(path: Path) -> dict[str, Section]:
    """Map a packed file and check all of it; the sections are views of the mapping."""
    with path.open("rb") as file:
        if path.stat().st_size < HEADER.size:
            raise EdgeFormatError(f"{path} is too short to be a packed model; fetch it again")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return {entry.name: _decode(entry, data) for entry in _entries(data)}
    except EdgeFormatError as error:
        raise EdgeFormatError(f"{path} is corrupt ({error}); fetch or export it again") from error


def _entries(data: mmap.mmap) -> list[_Entry]:
    count, start = _header(data)
    entries = [_entry(data, HEADER.size + ENTRY.size * index) for index in range(count)]
    end = start
    for entry in entries:
        if entry.offset != end or entry.length > len(data) - end:
            raise EdgeFormatError(f"section {entry.name} is out of place")
        end += aligned(entry.length)
        if end > len(data) or zlib.crc32(memoryview(data)[entry.offset : end]) != entry.checksum:
            raise EdgeFormatError(f"wrong checksum of section {entry.name}")
    if end != len(data) or len({entry.name for entry in entries}) != count:
        raise EdgeFormatError("sections do not fill the file or have the same name")
    return entries


def _header(data: mmap.mmap) -> tuple[int, int]:
    """How many sections there are and where the first begins."""
    magic, version, count, checksum, length, own = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise EdgeFormatError("it is no packed model")
    if zlib.crc32(data[: HEADER.size - 4]) != own:
        raise EdgeFormatError("wrong checksum of the header")
    if version != VERSION:
        raise EdgeFormatError(f"version {version}; this program reads version {VERSION}")
    if length != len(data):
        raise EdgeFormatError(f"{len(data)} bytes instead of {length}")
    start = start_of_sections(count)
    if count > MOST_SECTIONS or start > length:
        raise EdgeFormatError(f"{count} sections")
    if zlib.crc32(data[HEADER.size : start]) != checksum:
        raise EdgeFormatError("wrong checksum of the table of sections")
    return count, start


def _entry(data: mmap.mmap | bytes, at: int) -> _Entry:
    label, kind, bits, zero, rows, columns, checksum, offset, length = ENTRY.unpack_from(data, at)
    name = label.rstrip(b"\0").decode("ascii", "replace")
    if zero or not (rows <= MOST_ROWS and columns <= MOST_ROWS):
        raise EdgeFormatError(f"section {name} of {rows} x {columns}")
    return _Entry(name, kind, bits, rows, columns, checksum, offset, length)


def start_of_sections(count: int) -> int:
    """Where the first of `count` sections begins."""
    return aligned(HEADER.size + ENTRY.size * count)


def section_names(head: bytes, count: int) -> list[str]:
    """The names in a file's table of sections."""
    return [_entry(head, HEADER.size + ENTRY.size * index).name for index in range(count)]


def encode(name: str, section: Section) -> bytes:
    """A section's bytes in the file, without what fills them up."""
    if isinstance(section, str):
        return section.encode()
    if isinstance(section, Table):
        return _padded(section.scales.astype("<f4").tobytes()) + section.values.tobytes()
    if isinstance(section, Matrix):
        if name != section.name:
            raise ValueError(f"matrix {section.name} cannot be section {name}")
        parts = (section.scales, section.bias, section.bitmap)
        return b"".join(_padded(part.tobytes()) for part in parts) + section.blocks.tobytes()
    return np.asarray(section, "<f4").tobytes()


def _shape(section: Section, body: bytes) -> tuple[int, int, int, int]:
    """Kind, bits, rows and columns of a section."""
    if isinstance(section, str):
        return TEXT, 0, 1, len(body)
    if isinstance(section, Table):
        return TABLE, 8, *section.values.shape
    if isinstance(section, Matrix):
        return MATRIX, section.bits, section.outputs, section.inputs
    rows, columns = np.atleast_2d(section).shape
    return FLOATS, 0, rows, columns


def _decode(entry: _Entry, data: mmap.mmap) -> Section:
    reader = _SectionReader(entry, data)
    match entry.kind:
        case 1:
            try:
                return data[entry.offset : entry.offset + entry.length].decode()
            except UnicodeDecodeError:
                raise EdgeFormatError(f"section {entry.name} is no text") from None
        case 2:
            return reader.rest(np.dtype("<f4"), (entry.rows, entry.columns))
        case 3:
            return _decode_matrix(entry, reader)
        case 4:
            scales = reader.part(np.dtype("<f4"), (entry.rows,))
            return Table(
                entry.name, scales, reader.rest(np.dtype(np.int8), (entry.rows, entry.columns))
            )
        case _:
            raise EdgeFormatError(f"section {entry.name} is of unknown kind {entry.kind}")


def _decode_matrix(entry: _Entry, reader: _SectionReader) -> Matrix:
    if entry.bits not in BITS:
        raise EdgeFormatError(f"{entry.name} has values of {entry.bits} bits")
    padded = groups(entry.rows) * LANES
    words = -(-entry.columns // (DEPTH * WORD))
    scales = reader.part(np.dtype("<f4"), (padded,))
    bias = reader.part(np.dtype("<f4"), (padded,))
    bitmap = reader.part(np.dtype("<u8"), (groups(entry.rows), words))
    size = BLOCK * entry.bits // 8
    if reader.left % size:
        raise EdgeFormatError(f"{entry.name} does not hold whole blocks")
    blocks = reader.rest(np.dtype(np.uint8), (reader.left // size, size))
    matrix = Matrix(entry.name, entry.rows, entry.columns, entry.bits, scales, bias, bitmap, blocks)
    matrix.check()
    return matrix


class _SectionReader:
    """Takes arrays from a section, never more than it has."""

    def __init__(self, entry: _Entry, data: mmap.mmap) -> None:
        self._name = entry.name
        self._data = data
        self._at = entry.offset
        self.left = entry.length

    def part(self, dtype: np.dtype, shape: tuple[int, ...]) -> NDArray:  # type: ignore[type-arg]
        """The next array; the one after it begins at a multiple of 64 bytes."""
        size = dtype.itemsize * int(np.prod(shape))
        if size > self.left:
            raise EdgeFormatError(f"section {self._name} is too short")
        array = np.frombuffer(self._data, dtype, int(np.prod(shape)), self._at).reshape(shape)
        step = min(aligned(size), self.left)
        self._at, self.left = self._at + step, self.left - step
        return array

    def rest(self, dtype: np.dtype, shape: tuple[int, ...]) -> NDArray:  # type: ignore[type-arg]
        """The last array, which has to use up the section."""
        if dtype.itemsize * int(np.prod(shape)) != self.left:
            raise EdgeFormatError(f"section {self._name} is not of the size that its shape has")
        return self.part(dtype, shape)


def aligned(size: int) -> int:
    """The next multiple of 64."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def _padded(data: bytes) -> bytes:
    return data.ljust(aligned(len(data)), b"\0")
