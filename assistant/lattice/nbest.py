"""The best ways through a lattice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.lattice.graph import Edge, Hypothesis, Lattice, Word, log_sum_exp


@dataclass(frozen=True, slots=True)
class _LatticePath:
    words: tuple[Word, ...]
    log_prob: float
    boost: float


def nbest(lattice: Lattice, count: int) -> tuple[Hypothesis, ...]:
    """The best hypotheses, best first; equal texts are one, with the sum of their scores.

    A word begins and ends where its nodes lie. Twice as many are kept on the way, so that sums of
    many small scores are seldom missed.
    """
    ways: dict[int, dict[str, list[_LatticePath]]] = {node.id: {} for node in lattice.nodes}
    ways[lattice.start][""] = [_LatticePath((), 0.0, 0.0)]
    best: dict[int, Mapping[str, _LatticePath]] = {}
    for edge in lattice.edges:  # sorted by start, so a node's ways are complete when it is left
        if edge.start not in best:
            best[edge.start] = _best(ways[edge.start], 2 * count)
        for text, path in best[edge.start].items():
            longer = f"{text} {edge.word}".strip()
            ways[edge.end].setdefault(longer, []).append(_longer(path, edge, lattice))
    found = _best(ways[lattice.final], count)
    return tuple(Hypothesis(path.words, path.log_prob, path.boost) for path in found.values())


def _longer(path: _LatticePath, edge: Edge, lattice: Lattice) -> _LatticePath:
    words = path.words
    if edge.word:
        start_s, end_s = lattice.nodes[edge.start].time_s, lattice.nodes[edge.end].time_s
        words = (*words, Word(edge.word, start_s, max(start_s, end_s)))
    return _LatticePath(words, path.log_prob + edge.log_prob, path.boost + edge.boost)


def _best(ways: Mapping[str, list[_LatticePath]], count: int) -> dict[str, _LatticePath]:
    joined = {text: _joined(same) for text, same in ways.items()}
    return dict(sorted(joined.items(), key=lambda item: -item[1].log_prob)[:count])


def _joined(same: list[_LatticePath]) -> _LatticePath:
    """One path for all ways to read the same text; times are those of the likeliest."""
    likeliest = max(same, key=lambda path: path.log_prob)
    return _LatticePath(
        likeliest.words, log_sum_exp(path.log_prob for path in same), likeliest.boost
    )
