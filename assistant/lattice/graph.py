"""The word lattice: what recogniser, understanding and rescoring share.

A lattice is a directed acyclic graph. Nodes are points in audio time, edges are words with the
log-probability that the recogniser gave them. Nodes are numbered in topological order, so every
edge goes from a lower to a higher node.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """A point in time at which words end and begin."""

    id: int
    time_s: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A word between two nodes.

    `log_prob` is the natural logarithm of the path score that the word adds, `boost` the part of
    it that biasing gave, and `sentence_boost` the part of that for a sentence of this home;
    `posterior` the probability that the true path goes through this edge, given the lattice. An
    empty word is a stretch in which nothing was said.
    """

    start: int
    end: int
    word: str
    log_prob: float
    posterior: float = 0.0
    boost: float = 0.0
    sentence_boost: float = 0.0


@dataclass(frozen=True, slots=True)
class Lattice:
    """Nodes in topological order, edges sorted by their start node, one start, one final node."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    start: int
    final: int

    def to_json(self) -> dict[str, Any]:
        """The lattice as plain values, in the form that events carry."""
        return {
            "nodes": [{"id": node.id, "time_s": round(node.time_s, 3)} for node in self.nodes],
            "edges": [
                {
                    "from": edge.start,
                    "to": edge.end,
                    "word": edge.word,
                    "log_prob": round(edge.log_prob, 4),
                    "posterior": round(edge.posterior, 4),
                    "boost": round(edge.boost, 4),
                    "sentence_boost": round(edge.sentence_boost, 4),
                }
                for edge in self.edges
            ],
            "start": self.start,
            "final": self.final,
        }


@dataclass(frozen=True, slots=True)
class Word:
    """A recognised word: when it began and ended in the audio and how likely it is."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One way to read the audio, with the natural log of its probability.

    `boost` is the part of `log_prob` that biasing gave, and `sentence_boost` the part of that for
    a sentence that this home understands.
    """

    words: tuple[Word, ...]
    log_prob: float
    boost: float = 0.0
    sentence_boost: float = 0.0

    @property
    def text(self) -> str:
        """The words joined by single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def own_log_prob(self) -> float:
        """The log-probability without what biasing gave."""
        return self.log_prob - self.boost

    @property
    def per_letter(self) -> float:
        """The same by letter: how clearly it was heard, in nats."""
        return self.own_log_prob / max(1, sum(len(word.text) for word in self.words))


def log_sum_exp(values: Iterable[float]) -> float:
    """Logarithm of the sum of exponentials; minus infinity for no values."""
    items = list(values)
    top = max(items, default=-math.inf)
    if top == -math.inf:
        return top
    return top + math.log(sum(math.exp(item - top) for item in items))


def with_posteriors(lattice: Lattice) -> Lattice:
    """Fill in every edge's posterior by the forward-backward algorithm over the lattice."""
    forward = {node.id: -math.inf for node in lattice.nodes}
    forward[lattice.start] = 0.0
    for end, edges in _grouped(lattice.edges, "end"):
        forward[end] = log_sum_exp(forward[edge.start] + edge.log_prob for edge in edges)
    backward = {node.id: -math.inf for node in lattice.nodes}
    backward[lattice.final] = 0.0
    for start, edges in reversed(_grouped(lattice.edges, "start")):
        backward[start] = log_sum_exp(backward[edge.end] + edge.log_prob for edge in edges)
    total = backward[lattice.start]
    return replace(
        lattice,
        edges=tuple(
            replace(
                edge,
                posterior=math.exp(
                    forward[edge.start] + edge.log_prob + backward[edge.end] - total
                ),
            )
            for edge in lattice.edges
        ),
    )


def best_path(lattice: Lattice) -> tuple[Edge, ...]:
    """The edges of the path with the greatest score; none when start and final are one."""
    best: dict[int, tuple[float, Edge | None]] = {lattice.start: (0.0, None)}
    for edge in lattice.edges:
        if edge.start not in best:
            continue
        score = best[edge.start][0] + edge.log_prob
        if score > best.get(edge.end, (-math.inf, None))[0]:
            best[edge.end] = (score, edge)
    path = []
    edge_in = best[lattice.final][1]
    while edge_in is not None:
        path.append(edge_in)
        edge_in = best[edge_in.start][1]
    return tuple(reversed(path))


def pruned(lattice: Lattice, least_posterior: float) -> Lattice:
    """The lattice with posteriors, without edges below `least_posterior`; the best path stays."""
    lattice = with_posteriors(lattice)
    best = set(best_path(lattice))
    kept = [edge for edge in lattice.edges if edge.posterior >= least_posterior or edge in best]
    forward, backward = {lattice.start}, {lattice.final}
    for edge in kept:
        if edge.start in forward:
            forward.add(edge.end)
    for edge in reversed(kept):
        if edge.end in backward:
            backward.add(edge.start)
    used = forward & backward
    nodes = [node for node in lattice.nodes if node.id in used]
    numbers = {node.id: number for number, node in enumerate(nodes)}
    smaller = Lattice(
        nodes=tuple(replace(node, id=numbers[node.id]) for node in nodes),
        edges=tuple(
            replace(edge, start=numbers[edge.start], end=numbers[edge.end])
            for edge in kept
            if edge.start in used and edge.end in used
        ),
        start=numbers[lattice.start],
        final=numbers[lattice.final],
    )
    return with_posteriors(smaller)


def _grouped(edges: Sequence[Edge], field: str) -> list[tuple[int, list[Edge]]]:
    """Edges grouped by the node in `field`, in topological order of that node."""
    key = attrgetter(field)
    return [(node, list(group)) for node, group in groupby(sorted(edges, key=key), key=key)]
