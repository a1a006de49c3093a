"""The words that a search has kept, as a graph that grows while it goes on.

A node is a place between two words, an arc a word. An arc's `mass` is the logarithm of the summed
score of all alignments from the utterance's beginning that come through it, so what a word adds is
its mass less that of the node before it, and neither merging nor a late alignment changes another
path's score. Nodes are numbered in the order in which they were made, which is topological.
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
    mass: float
    boost: float
    """How much of the mass was given by biasing."""
    first: int
    """Frame of the word's first token."""
    last: int
    """Frame of its last token."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node: the arcs that end in it."""

    arcs: tuple[Arc, ...]
    mass: float
    """Logarithm of the summed score of all ways to come here."""

    @classmethod
    def of(cls, arcs: tuple[Arc, ...]) -> Place:
        """The place where these arcs end."""
        return cls(arcs, log_sum_exp(arc.mass for arc in arcs))


@dataclass(frozen=True, slots=True)
class WordGraph:
    """Places by number, START left out, and the arcs that end at the newest frame."""

    places: Mapping[int, Place]
    final: tuple[Arc, ...]
    frame_s: float

    def nbest(self, count: int) -> tuple[Hypothesis, ...]:
        """The best hypotheses, best first; equal texts are one, with the sum of their scores."""
        inner = 2 * count
        paths: dict[int, dict[str, _Path]] = {START: {"": _Path((), 0.0, 0.0)}}
        for number, place in self.places.items():
            paths[number] = self._extended(place.arcs, paths, inner)
        found = self._extended(self.final, paths, count)
        return tuple(
            Hypothesis(path.words, path.log_prob, round(path.boost, 6)) for path in found.values()
        )

    def _extended(
        self, arcs: Iterable[Arc], paths: Mapping[int, Mapping[str, _Path]], count: int
    ) -> dict[str, _Path]:
        ways: dict[str, list[_Path]] = {}
        for arc in arcs:
            gain = arc.mass - self._mass(arc.start)
            for text, path in paths[arc.start].items():
                longer = self._longer(path, arc, gain)
                ways.setdefault(f"{text} {arc.word}" if arc.word else text, []).append(longer)
        joined = {text: _joined(same) for text, same in ways.items()}
        best = sorted(joined.items(), key=lambda item: -item[1].log_prob)
        return dict(best[:count])

    def _longer(self, path: _Path, arc: Arc, gain: float) -> _Path:
        words = path.words
        if arc.word:
            words = with_word(words, arc.word, arc.first, arc.last, self.frame_s)
        return _Path(words, path.log_prob + gain, path.boost + arc.boost)

    def _mass(self, number: int) -> float:
        return 0.0 if number == START else self.places[number].mass

    def lattice(self, least_posterior: float) -> Lattice:
        """The graph as a lattice, without the edges that are less likely than `least_posterior`.

        A node's time is the end of the last word before it.
        """
        numbers = {START: 0} | {number: i for i, number in enumerate(self.places, start=1)}
        times = [0.0]
        edges: list[Edge] = []
        for place in [*self.places.values(), Place.of(self.final)]:
            end = len(times)
            ended = [(arc.last + 1) * self.frame_s if arc.word else 0.0 for arc in place.arcs]
            begun = [times[numbers[arc.start]] for arc in place.arcs]
            times.append(max(*ended, *begun))
            edges += self._edges(place, numbers, end)
        edges.sort(key=lambda edge: (edge.start, edge.end))
        nodes = tuple(Node(number, time_s) for number, time_s in enumerate(times))
        return pruned(Lattice(nodes, tuple(edges), 0, len(nodes) - 1), least_posterior)

    def _edges(self, place: Place, numbers: Mapping[int, int], end: int) -> list[Edge]:
        """A place's arcs as edges; those with the same start and word are one."""
        same: dict[tuple[int, str], list[Arc]] = {}
        for arc in place.arcs:
            same.setdefault((arc.start, arc.word), []).append(arc)
        return [
            Edge(
                start=numbers[start],
                end=end,
                word=word,
                log_prob=log_sum_exp(arc.mass for arc in arcs) - self._mass(start),
                boost=round(max(arcs, key=lambda arc: arc.mass).boost, 6),
            )
            for (start, word), arcs in same.items()
        ]


@dataclass(frozen=True, slots=True)
class _Path:
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


def _joined(same: Sequence[_Path]) -> _Path:
    """One path for all ways to read the same text; times are those of the likeliest."""
    if len(same) == 1:
        return same[0]
    best = max(same, key=lambda path: path.log_prob)
    return replace(best, log_prob=log_sum_exp(path.log_prob for path in same))


def reachable(places: Mapping[int, Place], numbers: Iterable[int]) -> dict[int, Place]:
    """The places from which those in `numbers` can be reached, in their order."""
    wanted = set(numbers)
    for number in sorted(places, reverse=True):
        if number in wanted:
            wanted.update(arc.start for arc in places[number].arcs)
    return {number: places[number] for number in sorted(wanted - {START})}


def likelier(mass: float, other: float) -> float:
    """Logarithm of the sum of two numbers given by their logarithms."""
    low, high = sorted((mass, other))
    return high + math.log1p(math.exp(low - high)) if low > -math.inf else high
