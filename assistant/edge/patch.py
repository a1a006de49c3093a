"""Model updates: the difference between two packed files, and how it is applied.

`python -m assistant.edge.patch make OLD NEW PATCH`, `... apply PATCH MODEL`, `... roll-back MODEL`.

A patch names the file that it fits and the file that it makes by their SHA-256. It is applied to a
copy, which takes the model's place in one step when it is whole and right; the model before stays
beside it, for rolling back.
"""

from __future__ import annotations

import argparse
import hashlib
import lzma
import os
import struct
import sys
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.edge import format as packed
from assistant.edge.errors import EdgeFormatError
from assistant.edge.matrix import LANES, Matrix
from assistant.edge.model import EdgeModel
from assistant.edge.quantise import from_values

MAGIC: Final = b"HTH-PTCH"
HEADER: Final = struct.Struct("<8sHHI32s32sQ")
"""Magic, version, sections, CRC-32 of all else, SHA-256 before and after, length of the file."""
ENTRY: Final = struct.Struct("<BI")
"""Operation, bytes of data; the new file's header and table come first, with operation WHOLE."""
VERSION: Final = 1
SAME, WHOLE, VALUES = 0, 1, 2
_FILTERS: Final = [{"id": lzma.FILTER_LZMA2, "preset": 6}]


def make(old: Path, new: Path, patch: Path) -> int:
    """Write the patch that turns `old` into `new`; its length in bytes."""
    before, after = packed.read(old), packed.read(new)
    data = new.read_bytes()
    start = packed.start_of_sections(len(after))
    body = _entry(WHOLE, _compressed(data[:start]))
    for name, section in after.items():
        body += _difference(before.get(name), section, packed.encode(name, section))
    header = HEADER.pack(MAGIC, VERSION, len(after), 0, _sha256(old), _sha256(new), len(data))
    return patch.write_bytes(sealed(header + body))


def apply(patch: Path, model: Path) -> None:
    """Bring a model up to date; on any error it stays as it is.

    Raises `EdgeFormatError` when the patch is corrupt or for another model.
    """
    data = patch.read_bytes()
    if len(data) < HEADER.size or data[:8] != MAGIC:
        raise EdgeFormatError(f"{patch} is no patch of a model")
    _, version, count, _, before, after, length = HEADER.unpack_from(data)
    if version != VERSION or sealed(data) != data:
        raise EdgeFormatError(f"{patch} is corrupt or of another version; fetch it again")
    if _sha256(model) == after:
        return
    if _sha256(model) != before:
        raise EdgeFormatError(f"{patch} is for another version of {model}; fetch the whole model")
    made = _rebuilt(data, count, length, packed.read(model))
    if hashlib.sha256(made).digest() != after:
        raise EdgeFormatError(f"{patch} is corrupt: it makes another file; fetch it again")
    _replace(model, made)


def roll_back(model: Path) -> None:
    """Go back to the model before the last patch; `EdgeFormatError` when there is none."""
    previous = _previous(model)
    if not previous.exists():
        raise EdgeFormatError(f"there is no earlier version of {model} to go back to")
    EdgeModel.load(previous)
    previous.replace(model)


def sealed(data: bytes) -> bytes:
    """A patch with the right checksum, which covers all but itself."""
    checksum = zlib.crc32(data[16:], zlib.crc32(data[:12]))
    return data[:12] + struct.pack("<I", checksum) + data[16:]


def _previous(model: Path) -> Path:
    return model.with_suffix(model.suffix + ".previous")


def _replace(model: Path, data: bytes) -> None:
    """At every moment a whole model lies at its place, the old one or the new one."""
    temporary = model.with_suffix(model.suffix + ".new")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        EdgeModel.load(temporary)
        with suppress(FileNotFoundError):
            _previous(model).unlink()
        os.link(model, _previous(model))
        temporary.replace(model)
    finally:
        temporary.unlink(missing_ok=True)


def _difference(old: packed.Section | None, new: packed.Section, body: bytes) -> bytes:
    """The smallest way to say what a section is now."""
    whole = _entry(WHOLE, _compressed(body))
    if old is None or type(old) is not type(new):
        return whole
    if packed.encode(_name(old), old) == body:
        return _entry(SAME, b"")
    if isinstance(new, Matrix) and isinstance(old, Matrix) and _alike(old, new):
        changed = _entry(VALUES, _compressed(_changes(old, new)))
        return min(changed, whole, key=len)
    return whole


def _name(section: packed.Section) -> str:
    return section.name if isinstance(section, Matrix) else ""


def _alike(old: Matrix, new: Matrix) -> bool:
    """Whether the new values can be told from the old ones: then blocks follow from values."""
    shapes = [(matrix.outputs, matrix.inputs, matrix.bits) for matrix in (old, new)]
    again = from_values(new.name, new.values(), new.scales, new.bias, new.bits)
    return shapes[0] == shapes[1] and np.array_equal(again.bitmap, new.bitmap)


def _changes(old: Matrix, new: Matrix) -> bytes:
    """New scales and bias, then how each value changed."""
    with np.errstate(over="ignore"):
        values: NDArray[np.int8] = new.values() - old.values()
    return new.scales.tobytes() + new.bias.tobytes() + values.tobytes()


def _changed(old: Matrix, data: bytes) -> Matrix:
    padded = old.groups * LANES
    scales, bias = np.frombuffer(data, "<f4", 2 * padded).reshape(2, padded)
    changes = np.frombuffer(data, np.int8, offset=8 * padded).reshape(old.outputs, old.inputs)
    with np.errstate(over="ignore"):
        return from_values(old.name, old.values() + changes, scales, bias, old.bits)


def _rebuilt(data: bytes, count: int, length: int, sections: dict[str, packed.Section]) -> bytes:
    """The new file's bytes, by the patch's entries."""
    try:
        reader = _PatchReader(data, HEADER.size)
        made = reader.whole(packed.start_of_sections(count))
        for name in packed.section_names(made, count):
            body = reader.section(name, sections.get(name), length)
            made += body.ljust(packed.aligned(len(body)), b"\0")
    except (struct.error, lzma.LZMAError, ValueError) as error:
        raise EdgeFormatError(f"the patch is corrupt ({error}); fetch it again") from error
    return made


class _PatchReader:
    """Takes a patch's entries."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def whole(self, most: int) -> bytes:
        """The next entry, which does not lean on the old file."""
        operation, body = self._next()
        if operation != WHOLE:
            raise EdgeFormatError("an entry of the patch leans on what is not there")
        return _restored(body, most)

    def section(self, name: str, old: packed.Section | None, most: int) -> bytes:
        """The next entry, as the bytes of a section."""
        operation, body = self._next()
        if operation == WHOLE:
            return _restored(body, most)
        if operation == SAME and old is not None:
            return packed.encode(name, old)
        if operation == VALUES and isinstance(old, Matrix):
            most = 8 * old.groups * LANES + old.outputs * old.inputs
            return packed.encode(name, _changed(old, _restored(body, most)))
        raise EdgeFormatError(f"the patch cannot make section {name}")

    def _next(self) -> tuple[int, bytes]:
        operation, size = ENTRY.unpack_from(self._data, self._at)
        self._at += ENTRY.size + size
        return operation, self._data[self._at - size : self._at]


def _entry(operation: int, data: bytes) -> bytes:
    return ENTRY.pack(operation, len(data)) + data


def _compressed(data: bytes) -> bytes:
    return lzma.compress(data, lzma.FORMAT_RAW, filters=_FILTERS)


def _restored(data: bytes, most: int) -> bytes:
    """What was compressed; at most so many bytes, whatever the data claim."""
    reader = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_FILTERS)
    restored = reader.decompress(data, most)
    if not reader.eof and reader.decompress(b"", 1):
        raise EdgeFormatError("an entry of the patch is longer than it can be")
    return restored


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m assistant.edge.patch")
    commands = parser.add_subparsers(dest="command", required=True)
    for command, paths in _COMMANDS.items():
        part = commands.add_parser(command)
        for path in paths:
            part.add_argument(path, type=Path)
    args = parser.parse_args(arguments)
    try:
        if args.command == "make":
            size, full = make(args.old, args.new, args.patch), args.new.stat().st_size
            print(f"{args.patch}: {size} bytes, {size / full:.1%} of the whole model")  # noqa: T201
        elif args.command == "apply":
            apply(args.patch, args.model)
        else:
            roll_back(args.model)
    except (EdgeFormatError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


_COMMANDS: Final = {
    "make": ("old", "new", "patch"),
    "apply": ("patch", "model"),
    "roll-back": ("model",),
}

if __name__ == "__main__":
    sys.exit(main())
