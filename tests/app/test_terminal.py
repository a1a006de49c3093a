"""Text for people."""

import logging

import pytest

from assistant import events
from assistant.app import log
from assistant.app.terminal import entry, fold, spelled
from assistant.commands.timeline import draw

AT = {"source": "x"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unset"),
        (True, "yes"),
        (False, "no"),
        (20.0, "20"),
        (
            {"name": "Lamp", "on": True, "rgb": [255, 0, 0]},
            "name = Lamp, on = yes, rgb = 255, 0, 0",
        ),
        ({}, ""),
    ],
)
def test_values_are_spelled_for_people(value, text):
    assert spelled(value) == text


def test_long_lines_are_folded_between_words_and_short_ones_left_alone():
    assert fold("short  as it is\n\n  x", 20) == "short  as it is\n\n  x"
    assert fold("  one two three four five", 12) == "  one two\n    three\n    four\n    five"
    assert (
        fold("word-with-hyphens /a/very/long/path", 8) == "word-with-hyphens\n  /a/very/long/path"
    )


def test_an_entry_keeps_its_column():
    assert entry("said", "one two three", 20) == ["said        one two", "            three"]


def test_a_log_at_a_terminal_is_folded(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    stream = log.sys.stderr
    monkeypatch.setattr(type(stream), "isatty", lambda _: True)
    log.setup("info", stream)
    logging.getLogger("assistant.x").warning("ten words are more than what one line has room for")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 40 for line in lines)


def test_words_that_do_not_fit_beside_each_other_have_a_row_of_their_own():
    texts = [(1.0, "the bedroom light to fifty"), (1.5, "set the bedroom light to fifty percent")]
    happened = [events.PartialTranscript(**AT, audio_s=at, text=text) for at, text in texts]
    lines = draw([-60.0] * 200, happened, 50)
    rows = [line for line in lines if "bedroom" in line]
    assert len(rows) == 2
    assert all(len(line) <= 58 for line in lines)
    assert "~set the bedroom light to fifty percent" in rows[-1]
