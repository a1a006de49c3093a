"""The command that undoes another one: "turn off the fan" for "turn on the fan"."""

from __future__ import annotations

_PAIRS = (
    ("on", "off"),
    ("open", "close"),
    ("lock", "unlock"),
    ("raise", "lower"),
    ("pause", "resume"),
    ("mute", "unmute"),
    ("enable", "disable"),
    ("activate", "deactivate"),
    ("start", "stop"),
)
_OPPOSITE = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])} | {"shut": "open"}


def opposite(command: str) -> str:
    """The command that undoes this one; empty where its words do not say what that would be."""
    words = command.split()
    for position, word in enumerate(words):
        if word in _OPPOSITE:
            return " ".join([*words[:position], _OPPOSITE[word], *words[position + 1 :]])
    return ""
