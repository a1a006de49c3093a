"""Rescoring proper: a lattice expanded under a language model.

A node of the lattice becomes as many as there are histories with which it is reached, as far as the
language model tells them apart: histories with equal states are recombined, and of the others the
`beam` likeliest are kept. All paths through them are scored, not only those of an n-best list.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from assistant.lattice.graph import Edge, Lattice, log_sum_exp
from assistant.rescoring.language_model import END_TAG, Extension, LanguageModel, Query

Expanding = Generator[list[Query], list[Extension], "tuple[Reweighted, ...]"]


@dataclass(frozen=True, slots=True)
class Reweighted:
    """An edge of the expanded lattice: which of the lattice's edges it is, between which nodes."""

    edge: int
    start: int
    end: int
    log_prob: float


@dataclass(slots=True)
class _Place:
    """A node with a history."""

    state: Hashable
    arcs: list[tuple[int, int, float]] = field(default_factory=list)
    """Edges that end here: place, edge, score."""
    masses: list[float] = field(default_factory=list)
    """Scores of all paths that come here, by the last edge."""
    mass: float = 0.0
    number: int = 0


def expand(lattice: Lattice, start: Hashable, beam: int) -> Expanding:
    """Expand a lattice; yields queries for the language model and is sent its answers.

    `start` is the language model's state before any word. Returns the edges of the expanded
    lattice, sorted by their start; 0 is its start and the greatest number its final node. Nodes
    that lead nowhere are not among them.
    """
    leaving = _leaving(lattice)
    arrived: dict[int, dict[Hashable, _Place]] = {lattice.start: {start: _Place(start)}}
    places: list[_Place] = []
    for nodes in _levels(lattice):
        here = [(node, place) for node in nodes for place in _kept(arrived.pop(node, {}), beam)]
        for _, place in here:
            place.number = len(places)
            places.append(place)
        steps = [(place, index, edge) for node, place in here for index, edge in leaving[node]]
        asked = [Query(place.state, edge.word) for place, _, edge in steps if edge.word]
        answers = iter((yield asked) if asked else [])
        for place, index, edge in steps:
            extension = next(answers) if edge.word else Extension(0.0, place.state)
            _arrive(arrived.setdefault(edge.end, {}), place, index, edge, extension)
        if lattice.final in nodes:
            ended = [place for node, place in here if node == lattice.final]
            ends = yield [Query(place.state, END_TAG) for place in ended]
            scores = {place.number: end.log_prob for place, end in zip(ended, ends, strict=True)}
            return _joined(places, scores)
    return ()


def rescore(
    lattices: Sequence[Lattice], model: LanguageModel, beam: int
) -> list[tuple[Reweighted, ...]]:
    """Expand lattices side by side, so that the language model is asked for all of them at once."""
    expandings = [expand(lattice, model.start, beam) for lattice in lattices]
    results: list[tuple[Reweighted, ...]] = [()] * len(lattices)
    waiting: dict[int, list[Query]] = {}
    for number, expanding in enumerate(expandings):
        _resume(number, expanding, None, waiting, results)
    while waiting:
        asked, waiting = waiting, {}
        answers = iter(model.extend([query for queries in asked.values() for query in queries]))
        for number, queries in asked.items():
            own = [next(answers) for _ in queries]
            _resume(number, expandings[number], own, waiting, results)
    return results


def _resume(
    number: int,
    expanding: Expanding,
    answers: list[Extension] | None,
    waiting: dict[int, list[Query]],
    results: list[tuple[Reweighted, ...]],
) -> None:
    """Let one expansion go on until it asks again or is done."""
    try:
        waiting[number] = next(expanding) if answers is None else expanding.send(answers)
    except StopIteration as done:
        results[number] = done.value


def _leaving(lattice: Lattice) -> dict[int, list[tuple[int, Edge]]]:
    leaving: dict[int, list[tuple[int, Edge]]] = {node.id: [] for node in lattice.nodes}
    for index, edge in enumerate(lattice.edges):
        leaving[edge.start].append((index, edge))
    return leaving


def _levels(lattice: Lattice) -> Iterator[list[int]]:
    """Nodes by the greatest number of edges before them, so that each level is asked at once."""
    level = {node.id: 0 for node in lattice.nodes}
    for edge in lattice.edges:  # sorted by start, so a node's level is known when it is left
        level[edge.end] = max(level[edge.end], level[edge.start] + 1)
    level[lattice.final] = len(lattice.nodes)
    for _, nodes in groupby(sorted(level, key=lambda node: level[node]), key=level.__getitem__):
        yield list(nodes)


def _kept(places: dict[Hashable, _Place], beam: int) -> list[_Place]:
    for place in places.values():
        place.mass = log_sum_exp(place.masses) if place.masses else 0.0
    return sorted(places.values(), key=lambda place: -place.mass)[:beam]


def _arrive(
    there: dict[Hashable, _Place], place: _Place, index: int, edge: Edge, extension: Extension
) -> None:
    score = edge.log_prob + extension.log_prob
    if score == -math.inf:
        return
    known = there.setdefault(extension.state, _Place(extension.state))
    known.arcs.append((place.number, index, score))
    known.masses.append(place.mass + score)


def _joined(places: Sequence[_Place], ends: Mapping[int, float]) -> tuple[Reweighted, ...]:
    """The edges of the places that lead to the end, whose histories are one there.

    `ends`: the places at the end, the last ones of all, with the score of the sentence ending.
    """
    ended = {number: score for number, score in ends.items() if score > -math.inf}
    wanted = set(ended)
    found: list[tuple[int, int, int, float]] = []
    for place in reversed(places):
        if place.number in wanted:
            extra = ended.get(place.number, 0.0)
            found += [(start, index, place.number, log + extra) for start, index, log in place.arcs]
            wanted |= {start for start, _, _ in place.arcs}
    inner = {number: at for at, number in enumerate(sorted(wanted - set(ended)))}
    edges = [
        Reweighted(index, inner[start], inner.get(end, len(inner)), score)
        for start, index, end, score in found
    ]
    return tuple(sorted(edges, key=lambda edge: (edge.start, edge.end, edge.edge)))
