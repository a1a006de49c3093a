"""The `WakeDetector` Protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from assistant.audio.source import Frame


@dataclass(frozen=True, slots=True)
class Wake:
    """A detected wake word."""

    word: str
    probability: float


class WakeDetector(Protocol):
    """Listens for one or more wake words, frame by frame."""

    def process(self, frame: Frame) -> Wake | None:
        """Take 10 ms of audio; a wake word that was completed in it, if any."""

    def reset(self) -> None:
        """Forget the audio heard so far."""
