"""What "it" and "them" mean: the devices that the last command was about, for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

LIFETIME_S = 60.0
Targets = tuple[str, ...]


class Referents:
    """Remembers the devices of the last sentence; the dispatcher notes them."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._named: tuple[Targets, ...] = ()
        self._until_s = 0.0

    def note(self, named: Sequence[Targets]) -> None:
        """A sentence was carried out: the devices of each of its commands, in their order.

        One that was about no device leaves what was named before.
        """
        found = tuple(filter(None, named))
        if found:
            self._named = found
            self._until_s = self._now_s() + LIFETIME_S

    def named(self) -> tuple[Targets, ...]:
        """The devices of each command of the last sentence, unless that is too long ago."""
        return self._named if self._now_s() < self._until_s else ()
