"""Who was there while a recording was made: a file that says so over its audio."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import HearthError
from assistant.events import Event
from assistant.presence.senses import Seen


class PresenceFileError(HearthError):
    """A file does not say who is there; the message says where and what it should say."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class SeenFrom:
    """Who is there from a second of the audio on."""

    audio_s: float
    seen: Seen


def read_presence(path: Path) -> tuple[SeenFrom, ...]:
    """What a file of JSON Lines says, by time; raises `PresenceFileError`.

    Each line is such as `{"audio_s": 1.5, "present": true, "facing": false}` and holds until the
    next one. What is null or left out is not known.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PresenceFileError(f"{path} cannot be read: {error}") from None
    said = [_said(path, at, line) for at, line in enumerate(lines, 1) if line.strip()]
    return tuple(sorted(said, key=lambda each: each.audio_s))


def _said(path: Path, number: int, line: str) -> SeenFrom:
    try:
        fields = json.loads(line)
        audio_s, present, facing = fields["audio_s"], fields.get("present"), fields.get("facing")
    except (ValueError, KeyError, TypeError, AttributeError):
        audio_s = present = facing = ""
    times = isinstance(audio_s, int | float) and not isinstance(audio_s, bool)
    if not times or any(not isinstance(each, bool | None) for each in (present, facing)):
        raise PresenceFileError(
            f"{path}, line {number}: write a JSON object with audio_s (seconds), present and "
            "facing (true, false or null)"
        )
    return SeenFrom(float(audio_s), Seen(True if facing else present, facing))


class RecordedPresence:
    """A `Presence` as a file says; `now_s` is the second of the audio that is heard now."""

    looks = True

    def __init__(self, said: tuple[SeenFrom, ...], now_s: Callable[[], float]) -> None:
        self._said = said
        self._begin_s = [each.audio_s for each in said]
        self._now_s = now_s

    def seen(self) -> Seen:
        """Who is there now; nothing is known before the first line."""
        at = bisect_right(self._begin_s, self._now_s())
        return self._said[at - 1].seen if at else Seen()

    def follow(self, event: Event) -> None:
        """The file tells nothing of events."""

    def rest(self) -> None:
        """There is nothing to end."""
