"""Names that are not sent."""

from assistant.rescoring.names import tagged
from assistant.rescoring.wire import pack_lattice, unpack_lattice
from tests.rescoring.lattices import lattice

CALL = lattice(
    (0, 1, "call", -0.1),
    (1, 2, "siobhan", -0.2),
    (1, 2, "shivon", -0.4),
    (1, 2, "siobhan's", -0.5),
    (2, 3, "the", -0.3),
)


def words(them):
    return [edge.word for edge in them.edges]


def test_names_become_tags_and_edges_keep_their_places():
    there = tagged(CALL, ["Siobhán Murphy"])
    assert words(there) == ["call", "shivon", "<name>", "<name>", "the"]
    assert [(e.start, e.end, e.log_prob) for e in there.edges] == [
        (e.start, e.end, e.log_prob) for e in CALL.edges
    ]


def test_no_name_is_in_what_is_sent():
    message = pack_lattice(tagged(CALL, ["Siobhán"]))
    assert "siobhan" not in " ".join(words(unpack_lattice(message)))


def test_words_as_common_as_the_are_no_names():
    assert words(tagged(CALL, ["Ivan the Terrible"])) == words(CALL)


def test_without_names_nothing_changes():
    assert tagged(CALL, []) == CALL
