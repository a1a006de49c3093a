"""A voice is learned from five sentences, all of which must be in it."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from assistant.plugins import Asks, Outcome
from assistant.speaker.embedding import Floats
from assistant.speaker.heard import HeardVoice
from assistant.speaker.identity import EnrolledVoices
from assistant.speaker.profiles import Profile, ProfileError

SENTENCES = (
    "what is the weather like tomorrow morning",
    "please turn down the music in the living room",
    "remind me to water the plants at half past seven",
    "we need bread, butter and a dozen eggs",
    "good night, and do not forget to lock the door",
)
"""To be said as they are, or whatever else is as long; nothing of it is carried out."""
LEAST_S = 1.0
"""Of speech in a sentence that teaches something."""
MOST_TRIES = 12


class Enrolment:
    """Hears sentences until it has enough of one voice."""

    WAITS_S: ClassVar = 60.0
    """For each sentence."""

    def __init__(self, voices: EnrolledVoices, name: str, until_s: float) -> None:
        self._voices = voices
        self._name = name
        self._heard: list[Floats] = []
        self._sentences = 0
        self._tries = 0
        self.until_s = until_s
        self.over = False

    @property
    def greeting(self) -> str:
        """What to do."""
        return (
            f"I will call you {self._name}. Say five sentences after me; I will not carry them "
            f"out. First: {SENTENCES[0]}."
        )

    async def hear(self, voice: HeardVoice | None, until_s: float) -> Outcome:
        """Take a sentence; the next may come until then."""
        self.until_s = until_s
        self._tries += 1
        if problem := await asyncio.to_thread(self._problem, voice):
            self.over = self._tries >= MOST_TRIES
            more = "Let us leave it." if self.over else f"Again: {self._next}."
            asks = Asks.NOTHING if self.over else Asks.MORE
            return Outcome(success=False, reply=f"{problem} {more}", asks=asks)
        if self._sentences < len(SENTENCES):
            reply = f"{self._sentences} of {len(SENTENCES)}. Next: {self._next}."
            return Outcome(success=True, reply=reply, asks=Asks.MORE)
        self.over = True
        return self._keep()

    @property
    def _next(self) -> str:
        return SENTENCES[self._sentences]

    def _problem(self, voice: HeardVoice | None) -> str:
        """Why a sentence teaches nothing; else it is taken."""
        if voice is None or voice.speech is None or voice.embedding is None:
            return "I could not hear that."
        if voice.speech_s < LEAST_S:
            return "That was too short."
        if not self._voices.alike(voice.embedding, self._heard):
            return "That did not sound like the same voice."
        self._heard += self._voices.learned_from(voice.speech, self._sentences)
        self._sentences += 1
        return ""

    def _keep(self) -> Outcome:
        profile = Profile(self._name, self._voices.model, tuple(self._heard))
        try:
            self._voices.profiles.put(profile)
        except ProfileError as error:
            return Outcome(success=False, reply=str(error))
        return Outcome(success=True, reply=f"Thank you, {self._name}. I know your voice now.")
