"""Events without the words of what may be a code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from assistant.events import Event


class Send(Protocol):
    """Takes events, to be shown one right after the other."""

    def __call__(self, *events: Event) -> Awaitable[None]:
        """Returns when they were taken."""


def discreet(send: Send, secret: Callable[[], bool]) -> Send:
    """The same, with events hidden while `secret` says so."""

    async def told(*events: Event) -> None:
        await send(*(event.hidden() if secret() else event for event in events))

    return told
