import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.asr.networks.piece_tree import Branches, NodeArray


def test_a_branch_is_the_way_to_a_node():
    branches = Branches()
    assert branches.grow([-1, 0, 1, 0]) == [(0,), (0, 1), (0, 1, 2), (0, 3)]
    assert branches.grow([-1, 3]) == [(4,), (0, 3, 5)]


@given(st.lists(st.integers(1, 90), max_size=6), st.integers(0, 2))
def test_what_was_filled_stays_as_an_array_grows(counts, axis):
    array, expected = NodeArray((2, 3), axis), []
    for number, count in enumerate(counts):
        grown = np.moveaxis(array.grow(count), axis, 0)
        grown[len(expected) :] = number
        expected += [number] * count
        assert grown.shape == (len(expected), 2, 3)
        assert (grown == np.array(expected)[:, None, None]).all()
