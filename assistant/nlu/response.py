"""What a sentence file says for an answer: plain words with `{{ slots.NAME }}` in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

RESPONSE = "response"
"""Slot for the answer that a sentence of the user's own asks for."""
_SLOT = re.compile(r"\{\{\s*slots\.(\w+)\s*\}\}")
_JINJA = re.compile(r"\{\{|\{%|\{#")


def unusable(text: str) -> bool:
    """Whether more of Jinja is in a text than `{{ slots.NAME }}`."""
    return bool(_JINJA.search(_SLOT.sub("", text)))


def filled_in(slots: Mapping[str, Any]) -> str | None:
    """The answer that the slots ask for; None where there is none, or lacks something it needs."""
    text = slots.get(RESPONSE)
    if not isinstance(text, str) or not all(name in slots for name in _SLOT.findall(text)):
        return None
    return _SLOT.sub(lambda found: str(slots[found[1]]), text)
