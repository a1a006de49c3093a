"""The file of tokens: one line a token, its text and its number."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from assistant.asr.manifest import ModelError

WORD_START: Final = "\N{LOWER ONE EIGHTH BLOCK}"
"""Sentencepiece's mark of a token that begins a word."""


def read_pieces(path: Path) -> tuple[str, ...]:
    """The text of each token, in the order of their numbers.

    Raises:
        ModelError: a line is malformed, or numbers are missing.

    """
    found: dict[int, str] = {}
    for number, line in enumerate(path.read_text("utf8").splitlines(), start=1):
        if not line.strip():
            continue
        piece, _, index = line.rstrip().rpartition(" ")
        if not index.isdecimal():
            raise ModelError(f"{path}, line {number}: expected 'piece number', found {line!r}")
        # A token that is a space itself leaves nothing before the last space.
        found[int(index)] = piece or " "
    if sorted(found) != list(range(len(found))):
        raise ModelError(f"{path}: the token numbers are not 0 to {len(found) - 1}")
    return tuple(found[index] for index in range(len(found)))


def is_special(piece: str) -> bool:
    """Whether a token stands for no text, such as `<unk>`."""
    return piece.startswith("<") and piece.endswith(">")
