"""One way to read a text by a sentence template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ANYWHERE = "*"
"""The area of a sentence that names none, where the assistant's own area is not known."""

UNKNOWN_NAME = "unknown_name"
"""Slot for the name of a device that the home does not have."""

COMMAND = "conversation_command"
"""Slot for a command that is to be carried out later."""

REMINDER = "reminder"
"""Slot for what a reminder says."""

UNCLEAR = "unclear"
"""Slot of a time that cannot be told from what was said."""

DID_YOU_MEAN = "did_you_mean"
"""Slot of a sentence that is only likely to mean its intent: the words to ask about, such as
`turn off everything` for "turn off all". Other slots may stand in it: `put {item} on the list`."""


@dataclass(frozen=True, slots=True)
class Source:
    """A template as it is written; with its place, where it is not one of Hearth's own."""

    sentence: str = ""
    file: str = ""
    line: int = 0


BUILT_IN = Source()


@dataclass(frozen=True, slots=True)
class Parse:
    """One way to read a text by a template. Values of names are the names as spoken."""

    intent: str
    slots: Mapping[str, Any]
    domain: str | None
    """Domain of the device that `slots["name"]` stands for."""
    wildcards: Mapping[str, str]
    """Slots that took any words, with the text they took."""
    matched: int
    """Letters that template words and names account for."""
    fixed: frozenset[str] = frozenset()
    """Slots that the template itself gives, with values as its author wrote them."""
    source: Source = BUILT_IN

    @property
    def free_words(self) -> int:
        """How many words wildcards took."""
        return sum(len(text.split()) for text in self.wildcards.values())
