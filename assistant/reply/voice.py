"""What speaks and what plays: the `Voice` and `Player` Protocols."""

from __future__ import annotations

from typing import Protocol

from assistant.errors import HearthError
from assistant.reply.sound import Sound


class ReplyError(HearthError):
    """An answer cannot be spoken or played; the message says why and what to do."""


class Voice(Protocol):
    """Text to speech."""

    async def speak(self, text: str) -> Sound:
        """The text, spoken; raises `ReplyError`."""


class Player(Protocol):
    """Makes sounds heard, one at a time."""

    async def play(self, sound: Sound) -> None:
        """Play it to its end; raises `ReplyError`. Cancelled, it falls silent."""
