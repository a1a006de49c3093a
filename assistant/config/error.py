"""What is wrong with a configuration, and where."""

from __future__ import annotations

from collections.abc import Iterable

import yaml
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from assistant.errors import HearthError


class ConfigError(HearthError):
    """The configuration cannot be used; one line that says where and what to do.

    `line` and `column` count from 1; both are 0 when a whole file is meant.
    """

    exit_status = 2

    def __init__(self, message: str, *, file: str = "", line: int = 0, column: int = 0) -> None:
        where = [part for part in (file, f"line {line}, column {column}" if line else "") if part]
        super().__init__(f"{', '.join(where)}: {message}" if where else message)
        self.file = file
        self.line = line
        self.column = column

    @classmethod
    def at(cls, mark: yaml.Mark, message: str) -> ConfigError:
        """An error at a place in a YAML file."""
        return cls(message, file=str(mark.name), line=mark.line + 1, column=mark.column + 1)


def nearest(word: str, valid: Iterable[str], alike: float = 0.0) -> str:
    """The valid word that is spelt most like `word`, beginnings above all (Winkler, 1990).

    Empty where none is as much alike as is asked, on a scale from 0 to 1.
    """
    scorer = JaroWinkler.normalized_similarity
    found = process.extractOne(word.lower(), list(valid), scorer=scorer, score_cutoff=alike)
    return str(found[0]) if found else ""
