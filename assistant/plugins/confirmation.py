"""The one command that waits for a yes: what must not be done on an uncertain hearing."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from assistant.nlu.interpretation import Interpretation

WAITS_S = 30.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WaitingCommand(Generic[T]):
    """A command, and what carries it out once the user has said yes."""

    interpretation: Interpretation
    act: Callable[[Interpretation], Awaitable[T]]


class Pending(Generic[T]):
    """Shared by all plugins of a home, so that a "yes" reaches the one that asked last."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._waiting: WaitingCommand[T] | None = None
        self._until_s = 0.0

    def ask(self, waiting: WaitingCommand[T]) -> None:
        """Let a command wait; one that waited before is forgotten."""
        self._waiting = waiting
        self._until_s = self._now_s() + WAITS_S

    @property
    def asked(self) -> Interpretation | None:
        """What a yes would be about now."""
        return self._waiting.interpretation if self._waiting else None

    def take(self) -> WaitingCommand[T] | None:
        """The waiting command, once; none if it waited too long."""
        waiting, self._waiting = self._waiting, None
        return waiting if self._now_s() <= self._until_s else None

    def forget(self) -> None:
        """Nothing waits any more: the answer was no."""
        self._waiting = None
