"""What can be wrong with a packed model or a patch."""

from __future__ import annotations


class EdgeFormatError(ValueError):
    """A packed file or patch cannot be used; the message says which and what to do."""
