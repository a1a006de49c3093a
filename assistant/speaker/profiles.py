"""The voices of the household: one JSON file a person, which only the user can read.

A profile holds embeddings and no audio. One that another model has made is kept but not used: its
numbers mean nothing to this one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np

from assistant.config.reload import FileReloader
from assistant.config.whole_file import write_whole
from assistant.errors import HearthError
from assistant.speaker.across_room import ROOMS
from assistant.speaker.embedding import Floats, normalised

_LOG = logging.getLogger(__name__)
FORMAT: Final = 1
OF_A_SENTENCE: Final = 1 + ROOMS
"""Embeddings: as it was heard, and as across each room."""
FOLDER: Final = "voices"
"""In the folder for what must survive a restart."""
LONGEST_NAME: Final = 60
MOST_WORDS: Final = 3


class ProfileError(HearthError):
    """A profile cannot be read, written or found; the message says what to do."""


class BadNameError(ProfileError):
    """Something cannot be somebody's name."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's voice."""

    name: str
    model: str
    """The version of the model that made the embeddings."""
    embeddings: tuple[Floats, ...]
    """Each of length 1."""

    @property
    def mean(self) -> Floats:
        """What utterances are compared with, of length 1."""
        return normalised(np.mean(self.embeddings, axis=0))


class Profiles:
    """Everyone's profiles, in a folder or only in memory; cheap to read while nothing changes.

    `kept=False` reads the folder and writes nothing: what is learned is forgotten at the end.
    """

    def __init__(self, folder: Path | None, *, kept: bool = True) -> None:
        self._folder = folder
        self._written = folder if kept else None
        self._in_memory: dict[str, Profile] = {}
        self._forgotten: set[str] = set()
        self._files = FileReloader(self._version, self._read)

    def all(self) -> tuple[Profile, ...]:
        """Everyone, by name."""
        known = {key: each for key, each in self._files.get().items() if key not in self._forgotten}
        return tuple(
            sorted((known | self._in_memory).values(), key=lambda each: each.name.casefold())
        )

    def find(self, name: str) -> Profile | None:
        """A person's profile, however the name is written."""
        return next((each for each in self.all() if _key(each.name) == _key(name)), None)

    def put(self, profile: Profile) -> None:
        """Keep a profile in place of the person's earlier one; raises `ProfileError`."""
        check_name(profile.name)
        key = _key(profile.name)
        if self._written is None:
            self._in_memory[key] = profile
            return
        try:
            _write(self._written, key, profile)
        except OSError as error:
            message = f"{self._written} cannot be written ({error.strerror})"
            raise ProfileError(f"{message}: the voice of {profile.name} is not kept") from None

    def forget(self, name: str) -> bool:
        """Delete a person's profile; whether there was one. Raises `ProfileError`."""
        found = self.find(name)
        if found is None:
            return False
        self._in_memory.pop(_key(name), None)
        if self._written is None:
            self._forgotten.add(_key(name))
            return True
        path = _path(self._written, _key(name))
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ProfileError(f"{path} cannot be deleted ({error.strerror})") from None
        return True

    def _paths(self) -> list[Path]:
        try:
            return sorted(self._folder.glob("*.json")) if self._folder else []
        except OSError:
            return []

    def _version(self) -> object:
        """What changes where a file does."""
        return tuple(_stamps(self._paths()))

    def _read(self, _before: dict[str, Profile] | None) -> dict[str, Profile]:
        profiles = {}
        for path in self._paths():
            try:
                profile = read_profile(path)
            except ProfileError as error:
                _LOG.warning("%s", error)
            else:
                profiles[_key(profile.name)] = profile
        return profiles


def check_name(name: str) -> None:
    """Raise `BadNameError` for what is no name of somebody."""
    words = name.split()
    short = 0 < len(words) <= MOST_WORDS and len(name) <= LONGEST_NAME
    if not short or not name.isprintable():
        raise BadNameError(f"'{name}' cannot be a name: take one of {MOST_WORDS} words at most")


def read_profile(path: Path) -> Profile:
    """The profile in a file; raises `ProfileError`."""
    try:
        return _profile(json.loads(path.read_text("utf8")))
    except OSError as error:
        raise ProfileError(f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProfileError(
            f"{path} is no voice that this version knows ({error}): delete it, and learn it again"
        ) from None


def _profile(values: dict[str, Any]) -> Profile:
    if values["format"] != FORMAT:
        raise ValueError(f"format {values['format']!r}")
    rows = np.array(values["embeddings"], np.float32)
    if rows.ndim != 2 or not len(rows) or not np.isfinite(rows).all():  # noqa: PLR2004
        raise ValueError("its numbers are damaged")
    return Profile(str(values["name"]), str(values["model"]), tuple(normalised(rows)))


def as_values(profile: Profile) -> dict[str, Any]:
    """A profile as JSON has it."""
    return {
        "format": FORMAT,
        "name": profile.name,
        "model": profile.model,
        "embeddings": [[round(float(x), 6) for x in row] for row in profile.embeddings],
    }


def _write(folder: Path, key: str, profile: Profile) -> None:
    """Write it into a folder that nobody else can enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(_path(folder, key), json.dumps(as_values(profile)), synced=True)


def _path(folder: Path, key: str) -> Path:
    return folder / f"{quote(key, safe='')}.json"


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _stamps(paths: Sequence[Path]) -> Iterator[tuple[str, int, int]]:
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        yield path.name, status.st_mtime_ns, status.st_size
