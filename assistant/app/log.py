"""Logging for the journal and for a terminal.

In the journal a line starts with its priority (`<4>` is a warning), as sd-daemon(3) has it, and
the journal adds the time. Elsewhere a line starts with the time.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from assistant.app.terminal import fold
from assistant.config.settings import LogLevel

_OURS = "assistant"
_PRIORITIES = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}


class _Handler(logging.StreamHandler[TextIO]):
    """Marks the handler as ours, so that a second call of `setup` replaces it."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return fold(text) if self.stream.isatty() else text


class _OneLine(logging.Formatter):
    """An exception is one line, unless `debug` asks where it came from."""

    def __init__(self, form: str, *, tracebacks: bool) -> None:
        super().__init__(form, datefmt="%H:%M:%S")
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        if self._tracebacks or not record.exc_info:
            return super().format(record)
        plain = logging.makeLogRecord(record.__dict__ | {"exc_info": None, "exc_text": None})
        kind, error, _ = record.exc_info
        name = kind.__name__ if kind else "error"
        return f"{super().format(plain)}: {name}: {error} (`logging: {{level: debug}}` shows where)"


class JournalFormatter(_OneLine):
    """Lines with a priority; a message of several lines keeps it on each."""

    def __init__(self, *, tracebacks: bool = False) -> None:
        super().__init__("%(name)s: %(message)s", tracebacks=tracebacks)

    def format(self, record: logging.LogRecord) -> str:
        """The record as the journal reads it."""
        prefix = f"<{_PRIORITIES.get(record.levelno, 6)}>"
        return "\n".join(prefix + line for line in super().format(record).splitlines())


class TerminalFormatter(_OneLine):
    """Lines for people: time, level when it matters, where from, message."""

    def __init__(self, *, tracebacks: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", tracebacks=tracebacks)


def is_journal(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether what is written to `stream` goes to the journal (systemd.exec(5))."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def setup(
    level: LogLevel, stream: TextIO | None = None, environ: Mapping[str, str] = os.environ
) -> None:
    """Log to `stream` (standard error): Hearth from `level` on, libraries from warnings on."""
    stream = stream or sys.stderr
    formatter = JournalFormatter if is_journal(stream, environ) else TerminalFormatter
    handler = _Handler(stream)
    handler.setFormatter(formatter(tracebacks=level == "debug"))
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    logging.getLogger(_OURS).setLevel(level.upper())
