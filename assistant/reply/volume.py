"""How loud Hearth's own sounds are right now; whoever hears somebody speak may turn them down."""

from __future__ import annotations

from enum import Enum


class Level(Enum):
    """A volume, as a factor; what is held does not go on meanwhile."""

    FULL = 1.0
    LOW = 0.2
    """-14 dB: still understood, but no longer in the way of who speaks."""
    HELD = 0.0


class Volume:
    """One level, set from any thread and looked at before each piece that is played."""

    def __init__(self) -> None:
        self.level = Level.FULL
