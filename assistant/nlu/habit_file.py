"""Habits in a file of the state folder, which only its owner can read."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from assistant.config.whole_file import write_whole, written_beside
from assistant.nlu.habit_counts import Counts

_LOG = logging.getLogger(__name__)
NAME: Final = "habits.json"
_VERSION: Final = 1


class HabitFile:
    """Keeps counts in `habits.json` of a folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._fails = False

    def is_there(self) -> bool:
        """Whether the file is there; not where the folder cannot be entered."""
        try:
            return self.path.exists()
        except OSError:
            return False

    def read(self) -> Counts:
        """What the file holds; one that is damaged is set aside and said."""
        try:
            return _counts(json.loads(self.path.read_text("utf-8")))
        except FileNotFoundError:
            return Counts()
        except OSError as error:
            _LOG.warning("habits start anew: %s: %s", self.path, error.strerror)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._set_aside(error)
        return Counts()

    def write(self, counts: Counts) -> None:
        """Write them; what cannot be written is said once."""
        text = json.dumps(
            {
                "version": _VERSION,
                "at": round(counts.at_s),
                "intents": _rounded(counts.intents),
                "meanings": _rounded(counts.meanings),
            },
            indent=1,
            ensure_ascii=False,
        )
        try:
            write_whole(self.path, text)
            self._fails = False
        except OSError as error:
            if not self._fails:
                why = error.strerror
                _LOG.warning("habits will not survive a restart: %s: %s", self.path, why)
            self._fails = True

    def forget(self) -> bool:
        """Delete it, also what was set aside or half written; whether anything was there.

        Raises `OSError`.
        """
        there = [
            each for each in (self.path, self._aside(), written_beside(self.path)) if each.exists()
        ]
        for each in there:
            each.unlink()
        return bool(there)

    def _aside(self) -> Path:
        return self.path.with_suffix(".json.bad")

    def _set_aside(self, error: Exception) -> None:
        _LOG.warning(
            "%s cannot be read and is now %s; habits start anew: %s",
            self.path,
            self._aside().name,
            error,
        )
        try:
            self.path.replace(self._aside())
        except OSError as denied:
            _LOG.warning("%s stays as it is: %s", self.path, denied.strerror)


def _counts(kept: Mapping[str, Any]) -> Counts:
    if kept["version"] != _VERSION:
        raise ValueError(f"it is of version {kept['version']}, not {_VERSION}")
    return Counts(float(kept["at"]), _checked(kept["intents"]), _checked(kept["meanings"]))


def _checked(counts: Mapping[str, Any]) -> dict[str, float]:
    checked = {str(key): float(count) for key, count in counts.items()}
    if not all(math.isfinite(count) and count >= 0 for count in checked.values()):
        raise ValueError("a count is no number")
    return checked


def _rounded(counts: Mapping[str, float]) -> dict[str, float]:
    return {key: round(count, 3) for key, count in sorted(counts.items())}
