"""Text for people: nothing breaks inside a word, nothing is spelled as Python spells it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping

_NARROWEST, _WIDEST = 40, 100
_TITLE = 12


def columns() -> int:
    """How wide a line may be: as wide as the terminal, within reason; 80 without one."""
    return max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST))


def fold(text: str, width: int | None = None) -> str:
    """Lines that are too long go on below, a little further in; words stay whole."""
    return "\n".join(_folded(line, width or columns()) for line in text.split("\n"))


def _folded(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return "\n".join(_wrap(line, width, indent))


def entry(title: str, text: str, width: int | None = None) -> list[str]:
    """A title and what belongs to it, in a column of its own."""
    line = title.ljust(_TITLE) + text
    return _wrap(line, width or columns(), " " * _TITLE)


def _wrap(line: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    )


def spelled(value: object) -> str:
    """A value in words: no `None`, no braces."""
    match value:
        case None:
            return "unset"
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return ", ".join(f"{name} = {spelled(each)}" for name, each in value.items())
        case list() | tuple() | set() | frozenset():
            return ", ".join(map(spelled, value))
        case float():
            return f"{value:g}"
    return str(value)
