import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from assistant.app import log

LOGGER = logging.getLogger("assistant.audio")


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[TextIO]:
    with (tmp_path / "log").open("w+", encoding="utf-8") as stream:
        yield stream


def journal(stream: TextIO) -> dict[str, str]:
    """The environment in which systemd would have connected `stream` to the journal."""
    status = os.fstat(stream.fileno())
    return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}


def written(stream: TextIO) -> list[str]:
    stream.flush()
    return Path(stream.name).read_text(encoding="utf-8").splitlines()


def fail() -> None:
    try:
        int("two")
    except ValueError:
        LOGGER.exception("the microphone failed")


def test_the_journal_gets_priorities_on_every_line(stream):
    log.setup("info", stream, journal(stream))
    LOGGER.info("listening")
    LOGGER.warning("two\nlines")
    LOGGER.error("gone")
    LOGGER.debug("not shown")
    assert written(stream) == [
        "<6>assistant.audio: listening",
        "<4>assistant.audio: two",
        "<4>lines",
        "<3>assistant.audio: gone",
    ]


def test_a_terminal_gets_times_and_levels(stream):
    log.setup("info", stream, {})
    LOGGER.info("listening")
    assert written(stream)[0][8:] == " INFO    assistant.audio: listening"


def test_another_streams_journal_is_not_ours(stream):
    assert not log.is_journal(stream, {"JOURNAL_STREAM": "1:2"})
    assert log.is_journal(stream, journal(stream))


def test_an_exception_is_one_line(stream):
    log.setup("info", stream, journal(stream))
    fail()
    (line,) = written(stream)
    assert line.startswith("<3>assistant.audio: the microphone failed: ValueError: invalid literal")


def test_debug_shows_where_an_exception_came_from(stream):
    log.setup("debug", stream, journal(stream))
    fail()
    lines = written(stream)
    assert "<3>Traceback (most recent call last):" in lines
    assert all(line.startswith("<3>") for line in lines)


def test_setting_up_again_replaces(stream):
    log.setup("info", stream, {})
    log.setup("warning", stream, {})
    LOGGER.info("not shown")
    LOGGER.warning("once")
    assert len(written(stream)) == 1
