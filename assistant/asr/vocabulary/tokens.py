"""The file of tokens: one line a token, its text and its number."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from assistant.asr.networks.manifest import ModelError

WORD_START: Final = "\N{LOWER ONE EIGHTH BLOCK}"
"""Sentencepiece's mark of a token that begins a word."""


def read_tokens(path: Path) -> tuple[str, ...]:
    """The text of each token, in the order of their numbers.

    Raises:
        ModelError: the file is no text, a line is malformed, or numbers are missing.

    """
    found: dict[int, str] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        *text, index = line.rsplit(maxsplit=1)
        if not index.isdecimal():
            raise ModelError(f"{path}, line {number}: expected 'token number', found {line!r}")
        # A token that is a space itself leaves nothing before its number.
        found[int(index)] = text[0] if text else " "
    if sorted(found) != list(range(len(found))):
        raise ModelError(f"{path}: the token numbers are not 0 to {len(found) - 1}")
    return tuple(found[index] for index in range(len(found)))


def _lines(path: Path) -> list[str]:
    try:
        # Not `splitlines`: a token may be a rare line separator.
        return path.read_text("utf8").split("\n")
    except UnicodeDecodeError:
        raise ModelError(f"{path} is no UTF-8 text: fetch the model again") from None


def is_special(token: str) -> bool:
    """Whether a token stands for no text, such as `<unk>`."""
    return token.startswith("<") and token.endswith(">")
