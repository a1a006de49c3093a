"""In which room something is said, for what is begun there: its answer, its question, its timer."""

from __future__ import annotations

from contextvars import ContextVar

ROOM: ContextVar[str] = ContextVar("room", default="")
"""The source that hears; empty where there is one for all. Tasks have that of who began them."""
EVERYWHERE = ""
