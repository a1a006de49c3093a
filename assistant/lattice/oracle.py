"""How good a lattice is: the fewest word errors of any of its paths."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.lattice.graph import Edge, Lattice


def oracle_errors(lattice: Lattice, reference: Sequence[str]) -> int:
    """Word errors (insertions, deletions, substitutions) of the path nearest to `reference`."""
    costs: dict[int, list[int]] = {lattice.start: list(range(len(reference) + 1))}
    for edge in lattice.edges:  # sorted by start, so a node's costs are complete when it is left
        if edge.start not in costs:
            continue
        through = _after(costs[edge.start], edge, reference)
        known = costs.get(edge.end, through)
        costs[edge.end] = list(map(min, known, through))
    return costs[lattice.final][-1]


def _after(before: Sequence[int], edge: Edge, reference: Sequence[str]) -> list[int]:
    """Errors after the edge, for each number of reference words used up."""
    if not edge.word:
        return list(before)
    after = [before[0] + 1]
    for used, word in enumerate(reference):
        after.append(min(before[used] + (word != edge.word), before[used + 1] + 1, after[-1] + 1))
    return after
