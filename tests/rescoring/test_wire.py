"""Lattices as bytes, from friends and strangers."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.rescoring.wire import (
    MOST_BYTES,
    VERSION,
    Limits,
    WireError,
    pack_lattice,
    pack_reweighted,
    unpack_lattice,
    unpack_reweighted,
)
from tests.rescoring.lattices import LIGHTS, at_home, lattice


def test_a_lattice_comes_back_but_for_its_times():
    there = lattice((0, 1, "zoë's", 1.25), (0, 2, "", -300.0), (1, 2, "turn", -0.51))
    back = unpack_lattice(pack_lattice(there))
    assert [(each.start, each.end, each.word) for each in back.edges] == [
        (each.start, each.end, each.word) for each in there.edges
    ]
    for one, other in zip(there.edges, back.edges, strict=True):
        assert other.log_prob == pytest.approx(one.log_prob, abs=1 / 32)


def test_an_answer_gives_new_scores_to_the_words_that_were_sent():
    (edges,) = at_home([LIGHTS])
    back = unpack_reweighted(pack_reweighted(edges), LIGHTS)
    assert {edge.word for edge in back.edges} <= {edge.word for edge in LIGHTS.edges}
    assert {node.time_s for node in back.nodes} == {node.time_s for node in LIGHTS.nodes}
    assert back.nodes[back.final].time_s == LIGHTS.nodes[LIGHTS.final].time_s


def test_frequent_words_take_little_room():
    words = [
        "please",
        "turn",
        "on",
        "the",
        "kitchen",
        "light",
        "and",
        "play",
        "some",
        "music",
        "for",
        "five",
        "minutes",
    ]
    chain = lattice(*((at, at + 1, word, -0.5) for at, word in enumerate(words)))
    assert len(pack_lattice(chain)) < len(" ".join(words))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_strangers_bytes_are_refused(message):
    for message_ in (message, bytes([VERSION]) + message):
        with pytest.raises(WireError):
            unpack_lattice(message_)
        with pytest.raises(WireError):
            unpack_reweighted(message_, LIGHTS)


@settings(deadline=None)
@given(st.data())
def test_a_changed_byte_is_refused_or_harmless(data):
    message = bytearray(pack_lattice(LIGHTS))
    message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    try:
        words = unpack_lattice(bytes(message))
    except WireError:
        return
    assert all(edge.start < edge.end < len(words.nodes) for edge in words.edges)
    at_home([words])


@settings(deadline=None)
@given(st.data())
def test_a_changed_answer_is_refused_or_about_the_same_words(data):
    message = bytearray(pack_reweighted(at_home([LIGHTS])[0]))
    message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    try:
        back = unpack_reweighted(bytes(message), LIGHTS)
    except WireError:
        return
    assert {edge.word for edge in back.edges} <= {edge.word for edge in LIGHTS.edges}


@pytest.mark.parametrize("cut", [0, 1, 5, -1])
def test_a_cut_off_message_is_refused(cut):
    with pytest.raises(WireError):
        unpack_lattice(pack_lattice(LIGHTS)[:cut])


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked():
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = deflate.compress(bytes(64 * MOST_BYTES)) + deflate.flush()
    assert len(bomb) < MOST_BYTES
    with pytest.raises(WireError, match="larger than"):
        unpack_lattice(bytes([VERSION]) + bomb)


def test_a_lattice_beyond_the_limits_is_refused():
    with pytest.raises(WireError, match="5 nodes and 7 edges is too large"):
        unpack_lattice(pack_lattice(LIGHTS), Limits(nodes=4))


def test_an_answer_to_another_lattice_is_refused():
    message = pack_reweighted(at_home([LIGHTS])[0])
    with pytest.raises(WireError):
        unpack_reweighted(message, lattice((0, 1, "open", -1.0)))


def test_nothing_is_no_answer():
    with pytest.raises(WireError, match="no path"):
        pack_reweighted(())
