"""The words that a search has kept, as a graph that grows while it goes on.

A node lies between two words, an arc is a word. An arc's `log_prob` is the logarithm of the summed
score of all alignments from the utterance's beginning that come through it, so what a word adds is
its `log_prob` less that of the node before it, and neither merging nor a late alignment changes
another path's score. Nodes are numbered in the order in which they were made, which is topological.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.lattice.graph import (
    Edge,
    Hypothesis,
    Lattice,
    Node,
    Word,
    log_sum_exp,
    pruned,
)

START = 0
"""The node before all words."""


@dataclass(frozen=True, slots=True)
class Arc:
    """A word that begins at the node `start`; the node where it ends holds it."""

    start: int
    word: str
    """Empty where no word was heard."""
    log_prob: float
    boost: float
    """How much of it was given by biasing."""
    first: int
    """Frame of the word's first token."""
    last: int
    """Frame of its last token."""


@dataclass(frozen=True, slots=True)
class LatticeNode:
    """The arcs that end in a node."""

    arcs: tuple[Arc, ...]
    log_prob: float
    """Logarithm of the summed score of all ways to come here."""

    @classmethod
    def of(cls, arcs: tuple[Arc, ...]) -> LatticeNode:
        """The node where these arcs end."""
        return cls(arcs, log_sum_exp(arc.log_prob for arc in arcs))


@dataclass(frozen=True, slots=True)
class WordGraph:
    """Nodes by number, START left out, and the arcs that end at the newest frame."""

    nodes: Mapping[int, LatticeNode]
    final: tuple[Arc, ...]
    frame_s: float

    def nbest(self, count: int) -> tuple[Hypothesis, ...]:
        """The best hypotheses, best first; equal texts are one, with the sum of their scores."""
        inner = 2 * count
        paths: dict[int, dict[str, _GraphPath]] = {START: {"": _GraphPath((), 0.0, 0.0)}}
        for number, node in self.nodes.items():
            paths[number] = self._extended(node.arcs, paths, inner)
        found = self._extended(self.final, paths, count)
        return tuple(
            Hypothesis(path.words, path.log_prob, round(path.boost, 6)) for path in found.values()
        )

    def _extended(
        self, arcs: Iterable[Arc], paths: Mapping[int, Mapping[str, _GraphPath]], count: int
    ) -> dict[str, _GraphPath]:
        ways: dict[str, list[_GraphPath]] = {}
        for arc in arcs:
            gain = arc.log_prob - self._log_prob(arc.start)
            for text, path in paths[arc.start].items():
                longer = self._longer(path, arc, gain)
                ways.setdefault(f"{text} {arc.word}" if arc.word else text, []).append(longer)
        joined = {text: _joined(same) for text, same in ways.items()}
        best = sorted(joined.items(), key=lambda item: -item[1].log_prob)
        return dict(best[:count])

    def _longer(self, path: _GraphPath, arc: Arc, gain: float) -> _GraphPath:
        words = path.words
        if arc.word:
            words = with_word(words, arc.word, arc.first, arc.last, self.frame_s)
        return _GraphPath(words, path.log_prob + gain, path.boost + arc.boost)

    def _log_prob(self, number: int) -> float:
        return 0.0 if number == START else self.nodes[number].log_prob

    def lattice(self, least_posterior: float) -> Lattice:
        """The graph as a lattice, without the edges that are less likely than `least_posterior`.

        A node's time is the end of the last word before it.
        """
        numbers = {START: 0} | {number: i for i, number in enumerate(self.nodes, start=1)}
        times = [0.0]
        edges: list[Edge] = []
        for node in [*self.nodes.values(), LatticeNode.of(self.final)]:
            end = len(times)
            ended = [(arc.last + 1) * self.frame_s if arc.word else 0.0 for arc in node.arcs]
            begun = [times[numbers[arc.start]] for arc in node.arcs]
            times.append(max(*ended, *begun))
            edges += self._edges(node, numbers, end)
        edges.sort(key=lambda edge: (edge.start, edge.end))
        nodes = tuple(Node(number, time_s) for number, time_s in enumerate(times))
        return pruned(Lattice(nodes, tuple(edges), 0, len(nodes) - 1), least_posterior)

    def _edges(self, node: LatticeNode, numbers: Mapping[int, int], end: int) -> list[Edge]:
        """A node's arcs as edges; those with the same start and word are one."""
        same: dict[tuple[int, str], list[Arc]] = {}
        for arc in node.arcs:
            same.setdefault((arc.start, arc.word), []).append(arc)
        return [
            Edge(
                start=numbers[start],
                end=end,
                word=word,
                log_prob=log_sum_exp(arc.log_prob for arc in arcs) - self._log_prob(start),
                boost=round(max(arcs, key=lambda arc: arc.log_prob).boost, 6),
            )
            for (start, word), arcs in same.items()
        ]


@dataclass(frozen=True, slots=True)
class _GraphPath:
    words: tuple[Word, ...]
    log_prob: float
    boost: float


def with_word(
    words: tuple[Word, ...], text: str, first: int, last: int, frame_s: float
) -> tuple[Word, ...]:
    """Words and one more, by the frames of its first and last token.

    Words of one frame share its time; that of the later ones is short, or nothing.
    """
    start_s = max(first * frame_s, words[-1].end_s if words else 0.0)
    return (*words, Word(text, start_s, max((last + 1) * frame_s, start_s)))


def _joined(same: Sequence[_GraphPath]) -> _GraphPath:
    """One path for all ways to read the same text; times are those of the likeliest."""
    if len(same) == 1:
        return same[0]
    best = max(same, key=lambda path: path.log_prob)
    return replace(best, log_prob=log_sum_exp(path.log_prob for path in same))


def reachable(nodes: Mapping[int, LatticeNode], numbers: Iterable[int]) -> dict[int, LatticeNode]:
    """The nodes from which those in `numbers` can be reached, in their order."""
    wanted = set(numbers)
    for number in sorted(nodes, reverse=True):
        if number in wanted:
            wanted.update(arc.start for arc in nodes[number].arcs)
    return {number: nodes[number] for number in sorted(wanted - {START})}


def likelier(log_prob: float, other: float) -> float:
    """Logarithm of the sum of two numbers given by their logarithms."""
    low, high = sorted((log_prob, other))
    return high + math.log1p(math.exp(low - high)) if low > -math.inf else high
