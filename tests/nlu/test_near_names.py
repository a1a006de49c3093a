"""The names of a home, and what they are taken for."""

from assistant.home.model import Device
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
