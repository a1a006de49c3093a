"""What the home's media players do."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.home.model import Home, HomeError


async def one_plays(home: Home, players: Iterable[str]) -> bool:
    """Whether one of some media players plays, for all that is known."""
    try:
        return any([(await home.state(player)).state == "playing" for player in players])
    except HomeError:
        return True
