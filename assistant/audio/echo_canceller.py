"""What takes an echo out of what is heard."""

from __future__ import annotations

from typing import Protocol

from assistant.audio.source import Frame


class EchoCanceller(Protocol):
    """Removes an echo. It keeps what it has learned of the room; frames come in their order."""

    def process(self, near: Frame, far: Frame) -> Frame:
        """What the microphone heard (`near`) without the echo of what was played (`far`)."""
