import re

import pytest

from training import text


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Set it to 21%!", "set it to twenty one percent"),
        ("Wake me at 7:05", "wake me at seven oh five"),
        ("on the 3rd of May, 1999", "on the third of may nineteen ninety nine"),
        ("it's 21.5 °C", "it's twenty one point five degrees c"),
        ("call 0771", "call zero seven seven one"),
        ("Play Beyoncé\u2019s song", "play beyonce's song"),
        ("'quoted'", "quoted"),
        ("漢字", ""),
    ],
)
def test_text_is_written_as_it_is_spoken(written, spoken):
    assert text.normalise(written) == spoken


def test_commands_hold_only_what_the_recogniser_writes():
    commands = text.Commands(1)
    for _ in range(500):
        line = commands.draw("command")
        assert re.fullmatch(r"[a-z' ]+", line), line
        assert text.normalise(line) == line


def test_commands_are_the_same_for_the_same_seed():
    first, second = text.Commands(5), text.Commands(5)
    assert [first.draw("command") for _ in range(20)] == [second.draw("command") for _ in range(20)]


def test_the_coffee_domain_is_left_out_of_requests(tmp_path):
    file = tmp_path / "requests.txt"
    file.write_text("order me a double espresso\nmake coffee\nturn on the lamp\n")
    assert text.requests([file]) == ["turn on the lamp"]
