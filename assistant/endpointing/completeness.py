"""How complete a sentence is by its words alone."""

from __future__ import annotations

from enum import StrEnum


class Completeness(StrEnum):
    """Whether the words so far could be the whole sentence."""

    COMPLETE = "complete"
    """A command, and little can follow."""
    LIKELY = "likely"
    """No command, but sentences end with such words."""
    OPEN = "open"
    """A sentence that could still say where, or how much."""
    UNSURE = "unsure"
    """No command, and sentences seldom end so."""
    INCOMPLETE = "incomplete"
    """A command was begun and is none yet."""
