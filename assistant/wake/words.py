"""Names of wake words: what the user writes, and the models it may mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rapidfuzz import process

from assistant.errors import HearthError

LIKELY = 60.0
"""Similarity (0 ... 100) from which a name is worth suggesting."""


class WakeWordError(HearthError):
    """A wake word that cannot be had; the message says which there are."""

    exit_status = 2


def resolve(words: Sequence[str], known: Mapping[str, Path], suffix: str) -> dict[str, Path]:
    """Models of `words`, each a known name ("Okay Nabu", `okay_nabu`) or a file of the user's.

    A file is told by its `suffix`, and its word is its name without it.
    """
    if not words:
        raise WakeWordError(f"no wake word is set; choose from {_listed(known)}")
    models: dict[str, Path] = {}
    for word in words:
        if word.endswith(suffix):
            models[Path(word).stem] = _own(Path(word))
        else:
            key = word.strip().lower().replace(" ", "_").replace("-", "_")
            models[key] = known[key] if key in known else _unknown(word, key, known)
    return models


def spoken(word: str) -> str:
    """How a wake word is said: a name or a model's file without what is no word of it."""
    return " ".join(Path(word).stem.lower().replace("_", " ").replace("-", " ").split())


def _own(path: Path) -> Path:
    if not path.is_file():
        raise WakeWordError(f"wake word model {path}: no such file")
    return path


def _unknown(word: str, key: str, known: Mapping[str, Path]) -> Path:
    nearest = process.extractOne(key, list(known), score_cutoff=LIKELY)
    hint = f"did you mean '{nearest[0]}'? " if nearest else ""
    raise WakeWordError(f"unknown wake word '{word}'; {hint}There are {_listed(known)}")


def _listed(known: Mapping[str, Path]) -> str:
    return ", ".join(sorted(known))
