"""The best ways through a lattice."""

import math

import pytest

from assistant.lattice.graph import Edge, Lattice, Node
from assistant.lattice.nbest import nbest

LATTICE = Lattice(
    tuple(Node(number, number * 0.5) for number in range(4)),
    (
        Edge(0, 1, "turn", -0.1),
        Edge(0, 1, "tern", -1.0, boost=0.3),
        Edge(1, 2, "", -0.7),
        Edge(1, 3, "on", -0.9),
        Edge(2, 3, "on", -0.4),
    ),
    0,
    3,
)


def test_ways_to_say_the_same_are_one():
    first, second = nbest(LATTICE, 5)
    assert (first.text, second.text) == ("turn on", "tern on")
    expected = -0.1 + math.log(math.exp(-0.9) + math.exp(-1.1))
    assert first.log_prob == pytest.approx(expected)
    assert second.boost == pytest.approx(0.3)


def test_words_stand_where_their_nodes_lie():
    (best,) = nbest(LATTICE, 1)
    assert [(word.start_s, word.end_s) for word in best.words] == [(0.0, 0.5), (0.5, 1.5)]


def test_silence_is_one_hypothesis_without_words():
    silence = Lattice((Node(0, 0.0), Node(1, 0.0)), (Edge(0, 1, "", -0.2),), 0, 1)
    (only,) = nbest(silence, 5)
    assert (only.words, only.log_prob) == ((), -0.2)
