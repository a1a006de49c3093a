"""Lattices as text and as pictures."""

import re
from xml.etree import ElementTree as ET

import pytest

from assistant.lattice.formats import to_slf, to_svg
from assistant.lattice.graph import Edge, Lattice, Node, with_posteriors

LATTICE = with_posteriors(
    Lattice(
        (Node(0, 0.0), Node(1, 0.4), Node(2, 0.4), Node(3, 1.2)),
        (
            Edge(0, 1, "turn", -0.1),
            Edge(0, 2, "'tis", -2.0),
            Edge(0, 3, "", -3.0),
            Edge(1, 3, "on<&", -0.2),
            Edge(2, 3, "on", -0.3),
        ),
        0,
        3,
    )
)
SVG = "{http://www.w3.org/2000/svg}"


def test_slf_can_be_read_back():
    text = to_slf(LATTICE)
    fields = [dict(item.split("=", 1) for item in line.split()) for line in text.splitlines()]
    header = {key: value for line in fields[:5] for key, value in line.items()}
    assert (header["N"], header["L"], header["start"], header["end"]) == ("4", "5", "0", "3")
    assert float(header["base"]) == pytest.approx(2.718282)
    nodes = [line for line in fields if "I" in line]
    assert [float(node["t"]) for node in nodes] == [node.time_s for node in LATTICE.nodes]
    links = [line for line in fields if "J" in line]
    for link, edge in zip(links, LATTICE.edges, strict=True):
        assert (int(link["S"]), int(link["E"])) == (edge.start, edge.end)
        assert float(link["a"]) == pytest.approx(edge.log_prob, abs=1e-4)
        assert float(link["p"]) == pytest.approx(edge.posterior, abs=1e-4)
    assert [link["W"] for link in links] == ["turn", "\\'tis", "!NULL", "on<&", "on"]


def test_the_picture_shows_every_word_once_and_the_best_path():
    root = ET.fromstring(to_svg(LATTICE))  # noqa: S314 - our own text
    texts = [text for text in root.iter(f"{SVG}text") if text.get("class") != "time"]
    words = [text.text.split()[0] for text in texts]
    assert sorted(words) == sorted(["turn", "'tis", "∅", "on<&", "on"])
    best = [text.text for text in texts if text.get("class") == "best"]
    assert [text.split()[0] for text in best] == ["turn", "on<&"]
    assert len(root.findall(f"{SVG}circle")) == len(LATTICE.nodes)


def test_nothing_in_the_picture_lies_outside_it():
    text = to_svg(LATTICE)
    root = ET.fromstring(text)  # noqa: S314 - our own text
    width, height = float(root.get("width")), float(root.get("height"))
    for x, y in re.findall(r'x="([\d.-]+)" c?y="([\d.-]+)"', text):
        assert 0 < float(x) < width
        assert 0 < float(y) < height


def test_words_over_the_same_time_stand_apart():
    edges = tuple(Edge(0, 1, word, -1.0) for word in ("a", "b", "c", "d"))
    lattice = with_posteriors(Lattice((Node(0, 0.0), Node(1, 0.5)), edges, 0, 1))
    root = ET.fromstring(to_svg(lattice))  # noqa: S314 - our own text
    heights = [text.get("y") for text in root.iter(f"{SVG}text") if text.get("class") != "time"]
    assert len(set(heights)) == 4


def test_a_lattice_of_silence_can_be_drawn():
    silence = with_posteriors(Lattice((Node(0, 0.0), Node(1, 0.0)), (Edge(0, 1, "", 0.0),), 0, 1))
    assert "!NULL" in to_slf(silence)
    assert ET.fromstring(to_svg(silence)).tag == f"{SVG}svg"  # noqa: S314 - our own text
