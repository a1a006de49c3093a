"""What can be wrong with a packed model or a patch."""

from __future__ import annotations

from assistant.errors import HearthError


class EdgeFormatError(HearthError, ValueError):
    """A packed file or patch cannot be used; the message says which and what to do."""
