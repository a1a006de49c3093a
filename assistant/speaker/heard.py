"""Whose voice an utterance is in: what is told of it to the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.speaker.embedding import Floats


@dataclass(frozen=True, slots=True)
class HeardVoice:
    """Whose voice an utterance is in."""

    name: str | None
    """`None`: a guest, or nobody can tell."""
    probability: float
    """Of the likeliest member, or that it is somebody else where `name` is `None`."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """The probability of each member."""
    embedding: Floats | None = None
    """`None` where there was too little speech."""
    speech_s: float = 0.0
