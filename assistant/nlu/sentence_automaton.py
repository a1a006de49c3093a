"""The graph of all sentences with words on its arcs: deterministic and small.

The graph that templates are compiled into has texts on its arcs, which may end within a word, and a
part of its own for each template. Here what has the same past is one node, and so is what has the
same future (Hopcroft, Motwani and Ullman, "Introduction to automata theory, languages, and
computation", 2006, sections 2.3 and 4.4). A list is called from many places and stays a graph of
its own, and a call is like a word here: a node has one arc at most for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from sys import intern
from typing import Final, NamedTuple

from assistant.nlu.sentence_graph import Arc, Call, SentenceGraph

_SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "tv": ("television", "t v", "telly"),
    "ac": ("a c", "air conditioner"),
    "color": ("colour",),
    "gray": ("grey",),
    "todo": ("to do",),
}
"""Other ways to say or to write a word of a template or a name; understanding knows them."""


def automaton(graph: SentenceGraph) -> SentenceGraph:
    """The same sentences, a word or a call on each arc. The graph must not lead back to itself."""
    return _merged(_determinised(_merged(graph)))


def spellings(word: str) -> Iterator[str]:
    """All ways to say a word, some of them in several."""
    yield word
    yield from _SPELLINGS.get(word, ())


def _merged(graph: SentenceGraph) -> SentenceGraph:
    """The graph without nodes that are never reached, those with the same future merged."""
    merged: dict[int, int] = {}
    known: dict[tuple[bool, frozenset[Arc]], int] = {}
    todo = list(_roots(graph))
    while todo:
        arcs = graph.arcs[todo[-1]]
        first = [target for _, target in arcs if target not in merged]
        todo += first
        if not first:
            node = todo.pop()
            leads = frozenset([Arc(label, merged[target]) for label, target in arcs])
            merged[node] = known.setdefault((node in graph.ends, leads), len(known))
    ends = frozenset(merged[node] for node in graph.ends if node in merged)
    return _with_arcs(graph, [tuple(leads) for _, leads in known], ends, merged)


def _determinised(graph: SentenceGraph) -> SentenceGraph:
    """The graph with words on its arcs, of those from one node no two alike.

    Its nodes are sets of nodes of the other one (the subset construction).
    """
    words = _Words(graph)
    numbers: dict[frozenset[int], int] = {}
    sets: list[frozenset[int]] = []

    def numbered(nodes: Iterable[int]) -> int:
        key = frozenset(nodes)
        number = numbers.setdefault(key, len(sets))
        if number == len(sets):
            sets.append(key)
        return number

    roots = {root: numbered({root}) for root in _roots(graph)}
    arcs, ends = [], []
    for number, nodes in enumerate(sets):  # which grow as they are gone through
        leads: dict[str | Call, set[int]] = {}
        for ways in map(words.from_node, nodes):
            for label, targets in ways.arcs.items():
                leads.setdefault(label, set()).update(targets)
            if ways.end:
                ends.append(number)
        arcs.append([Arc(label, numbered(targets)) for label, targets in leads.items()])
    return _with_arcs(graph, arcs, frozenset(ends), roots)


class _Ways(NamedTuple):
    """Where words and calls lead from a node, and whether what it is part of may end there."""

    arcs: Mapping[str | Call, Iterable[int]]
    end: bool


class _Words:
    """Finds the words that the texts of a graph's arcs consist of."""

    def __init__(self, graph: SentenceGraph) -> None:
        self._ends = graph.ends
        self._arcs = list(graph.arcs)
        self._rests: dict[tuple[str, int], int] = {}
        """Nodes within texts, numbered on: what is left, and where it leads."""
        self.from_node = cache(self._ways)

    def _ways(self, node: int) -> _Ways:
        """What comes next at a node where a word has ended."""
        found: dict[str | Call, set[int]] = {}
        todo = [(node, "")]
        seen = set(todo)
        for at, letters in todo:  # which grows as it is gone through
            ends = at in self._ends
            for label, target in self._arcs[at]:
                if isinstance(label, Call):
                    ends = True
                    if not letters:
                        found.setdefault(label, set()).add(target)
                    continue
                word, space, rest = f"{letters}{label}".lstrip().partition(" ")
                if space:
                    self._add(found, word, self._before(rest, target))
                elif (target, word) not in seen:
                    seen.add((target, word))
                    todo.append((target, word))
            if ends and letters:
                self._add(found, letters, at)
        return _Ways(found, any(at in self._ends for at, letters in todo if not letters))

    def _add(self, found: dict[str | Call, set[int]], word: str, target: int) -> None:
        """Add a word in all its spellings."""
        for spelling in spellings(word):
            first, _, rest = spelling.partition(" ")
            found.setdefault(intern(first), set()).add(self._before(rest and f"{rest} ", target))

    def _before(self, text: str, target: int) -> int:
        """A node from which a text leads to a target."""
        if not text.strip():
            return target
        node = self._rests.get((text, target))
        if node is None:
            node = self._rests[text, target] = len(self._arcs)
            self._arcs.append((Arc(text, target),))
        return node


def _roots(graph: SentenceGraph) -> Iterable[int]:
    return [graph.start, *graph.lists.values()]


def _with_arcs(
    graph: SentenceGraph,
    arcs: Sequence[Sequence[Arc]],
    ends: frozenset[int],
    roots: Mapping[int, int],
) -> SentenceGraph:
    """The graph with other nodes, those where it and its lists begin among them."""
    return replace(
        graph,
        arcs=arcs,
        start=roots[graph.start],
        lists={call: roots[first] for call, first in graph.lists.items()},
        ends=ends,
    )
