"""The names of a home, and what they are taken for."""

import pytest

from assistant.home.model import Area, Device
from assistant.nlu.names import NameKind, build_index

CUTOFF = 0.72


def index(*names):
    devices = [Device(f"light.{n}", name, "light") for n, name in enumerate(names)]
    return build_index([], devices, [])


def near(said, *names):
    return [name for name, _ in index(*names).near(said, NameKind.DEVICE, CUTOFF, 2)]


def test_a_misheard_word_is_found():
    assert near("ruby studeo lamp", "Ruby studio lamp", "Opal porch lamp") == ["ruby studio lamp"]


def test_word_ends_may_be_misheard():
    assert near("bed room lamp", "Bedroom lamp") == ["bedroom lamp"]


def test_a_long_word_that_the_name_has_nothing_like_makes_it_another():
    assert near("orange kitchen chandelier", "Orange kitchen heater") == []
    assert near("orange kitchen heeter", "Orange kitchen heater") == ["orange kitchen heater"]


PEOPLE = ["Sin\u00e9ad O'Brien", "Jean-Luc D\u2019Angelo", "Anna Kelly", "Bob Kelly", "Kim Anna"]


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ("o'brien", PEOPLE[:1]),
        ("o brien", PEOPLE[:1]),
        ("sinead o brien", PEOPLE[:1]),
        ("jean", PEOPLE[1:2]),
        ("jean luc", PEOPLE[1:2]),
        ("d'angelo", PEOPLE[1:2]),
        ("kelly", PEOPLE[2:4]),
        ("anna", PEOPLE[2:3]),
        ("kitchen", []),
        ("", []),
    ],
)
def test_what_people_are_called(said, who):
    """By their first names, and by their surnames where nothing else is called so."""
    found = build_index([Area("kitchen", "Kitchen")], [], [*PEOPLE, "Jo Kitchen", "Mum \u2665"])
    entries = found.entries.get(said, ())
    assert [each.id for each in entries if each.kind is NameKind.CONTACT] == who
