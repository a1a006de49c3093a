"""Lattices as bytes: small, and safe to read from a stranger.

Layout, version 1 of both messages: a byte with the version, then raw deflate (RFC 1951) of columns.
Numbers are LEB128, signed ones zigzag (as in Protocol Buffers).

- request: nodes, edges; of each edge, sorted by start, the start less that of the edge before; of
  each its end less its start; of each its word's number in the table (0: no word); of each its
  score in 1/16 nat, signed; the table of words, UTF-8, one a line.
- answer: edges; of each edge of the expanded lattice, sorted by start, the start less that of the
  edge before; its end less its start; the number of the lattice's edge that it is; its score in
  1/64 nat, signed.

Times are not sent: no language model asks for them. An answer has no words: it can only rescore
what was sent. Deflate begins with a dictionary of frequent words, `common-words-1.txt`, the most
frequent last; another dictionary is another version.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

from assistant.errors import HearthError
from assistant.lattice.graph import Edge, Lattice, Node
from assistant.rescoring.expansion import Reweighted

VERSION: Final = 1
REQUEST_STEPS: Final = 16
ANSWER_STEPS: Final = 64
"""Steps in a nat."""
MOST_BYTES: Final = 1 << 20
"""A message that is larger when it is unpacked is refused."""
_DICTIONARY: Final = (Path(__file__).parent / "common-words-1.txt").read_bytes()
_MORE: Final = 0x80
"""The bit of a byte that says that more follow."""
_LONGEST_NUMBER: Final = 35
"""Bits."""


class WireError(HearthError, ValueError):
    """Bytes that are no message of this form; the message says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a lattice may be."""

    nodes: int = 1000
    edges: int = 4000


def pack_lattice(lattice: Lattice) -> bytes:
    """A lattice as a request."""
    table = {"": 0} | {
        word: number for number, word in enumerate(dict.fromkeys(_words(lattice.edges)), start=1)
    }
    columns = [
        [len(lattice.nodes), len(lattice.edges)],
        _rises([edge.start for edge in lattice.edges]),
        [edge.end - edge.start for edge in lattice.edges],
        [table[edge.word] for edge in lattice.edges],
        [_zigzag(round(edge.log_prob * REQUEST_STEPS)) for edge in lattice.edges],
    ]
    return _packed(_numbers(columns) + "\n".join(list(table)[1:]).encode())


def unpack_lattice(message: bytes, limits: Limits | None = None) -> Lattice:
    """The lattice in a request, without times; raises `WireError`."""
    limits = limits or Limits()
    reader = _Reader(_unpacked(message))
    nodes, count = reader.number(), reader.number()
    if nodes > limits.nodes or count > limits.edges:
        raise WireError(f"a lattice of {nodes} nodes and {count} edges is too large")
    if nodes < 1:
        raise WireError("a lattice has at least one node")
    starts = list(accumulate(reader.column(count)))
    ends = [start + step for start, step in zip(starts, reader.column(count), strict=True)]
    numbers = reader.column(count)
    scores = [_unzigzag(number) / REQUEST_STEPS for number in reader.column(count)]
    words = ["", *reader.lines()]
    if any(number >= len(words) for number in numbers):
        raise WireError("a word's number is not in the table")
    if any(not start < end < nodes for start, end in zip(starts, ends, strict=True)):
        raise WireError("an edge does not go forward to a node of the lattice")
    edges = tuple(
        Edge(start, end, words[number], score)
        for start, end, number, score in zip(starts, ends, numbers, scores, strict=True)
    )
    return Lattice(tuple(Node(number, 0.0) for number in range(nodes)), edges, 0, nodes - 1)


def pack_reweighted(edges: Sequence[Reweighted]) -> bytes:
    """An expanded lattice as an answer; raises `WireError` if no path led through the lattice."""
    if not edges:
        raise WireError("no path leads through the lattice")
    columns = [
        [len(edges)],
        _rises([edge.start for edge in edges]),
        [edge.end - edge.start for edge in edges],
        [edge.edge for edge in edges],
        [_zigzag(round(edge.log_prob * ANSWER_STEPS)) for edge in edges],
    ]
    return _packed(_numbers(columns))


def unpack_reweighted(message: bytes, lattice: Lattice, most_edges: int = 50_000) -> Lattice:
    """The lattice that was sent, rescored as an answer says; raises `WireError`.

    Every edge of the answer must be one of `lattice`, between nodes that stand for its nodes.
    """
    reader = _Reader(_unpacked(message))
    count = reader.number()
    if not 0 < count <= most_edges:
        raise WireError(f"an answer of {count} edges")
    starts = list(accumulate(reader.column(count)))
    steps, numbers = reader.column(count), reader.column(count)
    scores = [_unzigzag(number) / ANSWER_STEPS for number in reader.column(count)]
    stands_for = {0: lattice.start}
    edges = []
    for start, step, number, score in zip(starts, steps, numbers, scores, strict=True):
        if number >= len(lattice.edges) or not step:
            raise WireError("an edge that was not sent")
        edge, end = lattice.edges[number], start + step
        if stands_for.get(start) != edge.start or stands_for.setdefault(end, edge.end) != edge.end:
            raise WireError("an edge between nodes that it was not between")
        edges.append(Edge(start, end, edge.word, score, boost=edge.boost))
    last = len(stands_for) - 1
    if sorted(stands_for) != list(range(last + 1)) or stands_for[last] != lattice.final:
        raise WireError("a lattice without an end")
    nodes = tuple(Node(n, lattice.nodes[stands_for[n]].time_s) for n in range(last + 1))
    return Lattice(nodes, tuple(edges), 0, last)


def _words(edges: Iterable[Edge]) -> Iterator[str]:
    return (edge.word for edge in edges if edge.word)


def _rises(values: Sequence[int]) -> list[int]:
    return [value - before for before, value in zip([0, *values], values, strict=False)]


def _zigzag(number: int) -> int:
    return 2 * number if number >= 0 else -2 * number - 1


def _unzigzag(number: int) -> int:
    return -(number + 1) // 2 if number & 1 else number // 2


def _numbers(columns: Iterable[Iterable[int]]) -> bytes:
    packed = bytearray()
    for column in columns:
        for number in column:
            rest = number
            while rest >= _MORE:
                packed.append(rest % _MORE | _MORE)
                rest >>= 7
            packed.append(rest)
    return bytes(packed)


def _packed(plain: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zdict=_DICTIONARY)
    return bytes([VERSION]) + deflate.compress(plain) + deflate.flush()


def _unpacked(message: bytes) -> bytes:
    if message[:1] != bytes([VERSION]):
        raise WireError("this is no lattice of a version that is known here")
    inflate = zlib.decompressobj(-zlib.MAX_WBITS, zdict=_DICTIONARY)
    try:
        plain = inflate.decompress(message[1:], MOST_BYTES)
    except zlib.error as error:
        raise WireError(f"the lattice is damaged: {error}") from None
    if inflate.unconsumed_tail:
        raise WireError(f"the lattice is larger than {MOST_BYTES} bytes")
    if not inflate.eof:
        raise WireError("the lattice is cut off")
    return plain


class _Reader:
    """Reads numbers one after the other."""

    def __init__(self, plain: bytes) -> None:
        self._plain = plain
        self._at = 0

    def number(self) -> int:
        value, shift = 0, 0
        while shift < _LONGEST_NUMBER and self._at < len(self._plain):
            byte = self._plain[self._at]
            self._at += 1
            value |= byte % _MORE << shift
            if byte < _MORE:
                return value
            shift += 7
        raise WireError("the lattice is cut off")

    def column(self, count: int) -> list[int]:
        return [self.number() for _ in range(count)]

    def lines(self) -> list[str]:
        """The rest, as text."""
        try:
            return self._plain[self._at :].decode().split("\n")
        except UnicodeDecodeError:
            raise WireError("the words are not UTF-8") from None
