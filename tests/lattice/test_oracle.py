"""The oracle against every path of small random lattices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from assistant.lattice.graph import Edge, Lattice, Node
from assistant.lattice.oracle import oracle_errors

WORDS = ["on", "off", "lamp", ""]


@st.composite
def lattices(draw):
    count = draw(st.integers(2, 5))
    spine = [(i, i + 1, draw(st.sampled_from(WORDS))) for i in range(count - 1)]
    pairs = st.tuples(
        st.integers(0, count - 2), st.integers(1, count - 1), st.sampled_from(WORDS)
    ).filter(lambda edge: edge[0] < edge[1])
    edges = sorted(spine + draw(st.lists(pairs, max_size=6)))
    return Lattice(
        tuple(Node(i, 0.1 * i) for i in range(count)),
        tuple(Edge(start, end, word, -1.0) for start, end, word in edges),
        0,
        count - 1,
    )


def paths(lattice, node):
    if node == lattice.final:
        yield []
    for edge in lattice.edges:
        if edge.start == node:
            for rest in paths(lattice, edge.end):
                yield [edge.word, *rest] if edge.word else rest


@given(lattices(), st.lists(st.sampled_from(WORDS[:3]), max_size=5))
def test_the_oracle_is_the_best_of_all_paths(lattice, reference):
    best = min(Levenshtein.distance(path, reference) for path in paths(lattice, lattice.start))
    assert oracle_errors(lattice, reference) == best


def test_a_lattice_with_the_truth_has_no_errors():
    lattice = Lattice(
        (Node(0, 0.0), Node(1, 0.3), Node(2, 0.6)),
        (Edge(0, 1, "lamp", -0.1), Edge(0, 1, "on", -3.0), Edge(1, 2, "off", -0.1)),
        0,
        2,
    )
    assert oracle_errors(lattice, ["on", "off"]) == 0
    assert oracle_errors(lattice, ["off", "on"]) == pytest.approx(2)
