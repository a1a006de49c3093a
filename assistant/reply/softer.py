"""A voice that speaks more softly, to answer whoever whispers."""

from __future__ import annotations

import numpy as np

from assistant.reply.sound import Sound
from assistant.reply.voice import Voice


class Softer:
    """Another voice, lower by some decibels."""

    def __init__(self, voice: Voice, lower_db: float) -> None:
        self._voice = voice
        self._gain = 10.0 ** (-lower_db / 20.0)

    async def speak(self, text: str) -> Sound:
        """The text, spoken softly; raises `ReplyError`."""
        sound = await self._voice.speak(text)
        return Sound(np.rint(sound.samples * self._gain).astype(np.int16), sound.rate)
