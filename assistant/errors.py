"""The one base of all errors that Hearth foresees; their messages say what to do."""

from __future__ import annotations

from typing import ClassVar


class HearthError(Exception):
    """Something that can go wrong and is said in one line."""

    exit_status: ClassVar[int] = 1
    """What a command ends with: 2 for bad usage or a bad configuration, else 1."""
