"""The one command that waits for a yes: what must not be done on an uncertain hearing."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from assistant.nlu.interpretation import Interpretation
from assistant.plugins.room import EVERYWHERE, ROOM

WAITS_S = 30.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WaitingCommand(Generic[T]):
    """A command, and what carries it out once the user has said yes."""

    interpretation: Interpretation
    act: Callable[[Interpretation], Awaitable[T]]


class Pending(Generic[T]):
    """Shared by all plugins of a home, so that a "yes" reaches the one that asked last there."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._waiting: dict[str, tuple[WaitingCommand[T], float]] = {}

    def ask(self, waiting: WaitingCommand[T]) -> None:
        """Let a command wait; one that waited in this room before is forgotten."""
        self._waiting[ROOM.get()] = waiting, self._now_s() + WAITS_S

    @property
    def asked(self) -> Interpretation | None:
        """What a yes in this room would be about now."""
        found = self._waiting.get(ROOM.get()) or self._waiting.get(EVERYWHERE)
        return found[0].interpretation if found and self._now_s() <= found[1] else None

    def take(self) -> WaitingCommand[T] | None:
        """The command that waits in this room, once; none if it waited too long."""
        found = self._waiting.pop(ROOM.get(), None) or self._waiting.pop(EVERYWHERE, None)
        if found is None:
            return None
        waiting, until_s = found
        return waiting if self._now_s() <= until_s else None

    def forget(self) -> None:
        """Nothing waits in this room any more: the answer was no."""
        for room in (ROOM.get(), EVERYWHERE):
            self._waiting.pop(room, None)
