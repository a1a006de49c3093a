"""Who says an utterance, found out beside the recognition and never in its way.

A thread of its own embeds the speech as soon as the sentence seems to be over, so that the answer
is usually there at the final end-point. What is looked at is bounded, so waiting for it is, too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.audio.blocks import Block
from assistant.audio.ring import PreRoll
from assistant.audio.source import SAMPLE_RATE
from assistant.audio.vad import SileroVad
from assistant.pipeline.worker import Worker
from assistant.speaker.embedding import Floats
from assistant.speaker.heard import HeardVoice
from assistant.speaker.identity import SpeakerIdentity
from assistant.speaker.speech import SpeechCollector, speech_of

_LOG = logging.getLogger(__name__)
_SPEECH = 1.0
KEPT_S = 8.0
"""Of a stream without end-points: twice what is looked at, as there are pauses in it."""


class Listening(SpeakerIdentity, Protocol):
    """An identity that says whether there is anybody to be told apart, and compares voices."""

    def wanted(self) -> bool:
        """Whether a voice is known or being learned; looks at files."""

    def likeness(self, embedding: Floats, other: Floats, /) -> float:
        """How much more likely two embeddings are of one voice than of two, natural log."""


class Nobody:
    """Whom identification knows where it is not set up."""

    def wanted(self) -> bool:
        """Nobody is known."""
        return False

    def identify(self, speech: NDArray[np.int16]) -> HeardVoice:
        """It is nobody's voice."""
        return HeardVoice(None, 0.0, speech=speech)

    def likeness(self, _embedding: Floats, _other: Floats, /) -> float:
        """Nobody can tell."""
        return 0.0


class Identification:
    """Identifies the speakers of all utterances; nothing is computed while nobody is known."""

    def __init__(self, identity: Listening | None = None) -> None:
        self._identity = identity or Nobody()
        self._worker = Worker()
        self._failed = False

    def open(self) -> UtteranceVoice:
        """For a new utterance."""
        return UtteranceVoice(self)

    async def warm(self) -> None:
        """Load what will be needed, so that no utterance waits for it."""
        await self.identify(lambda: np.zeros(SAMPLE_RATE, np.int16))

    async def identify(self, speech: Callable[[], NDArray[np.int16]]) -> HeardVoice | None:
        """Whose voice it is in; `None` where nobody is known, or nothing can be told at all.

        `speech` is asked for in the thread, and only if somebody is known.
        """
        return await self._worker.run(self._identify, speech)

    def likeness(self, one: HeardVoice | None, other: HeardVoice | None) -> float | None:
        """How much more likely two utterances are of one voice than of two, natural log.

        `None` where one of them was not listened to, or there was too little of it.
        """
        first, second = (each.embedding if each else None for each in (one, other))
        if first is None or second is None:
            return None
        return self._identity.likeness(first, second)

    def close(self) -> None:
        """Let the thread end."""
        self._worker.close()

    def _identify(self, speech: Callable[[], NDArray[np.int16]]) -> HeardVoice | None:
        if self._failed or not self._identity.wanted():
            return None
        try:
            return self._identity.identify(speech())
        except Exception:  # noqa: BLE001 - commands go on without it, whatever it is
            self._failed = True
            _LOG.exception("speakers are not identified any more; see: assistant doctor")
            return None


class RecordedVoice:
    """The newest of a stream without end-points, of which the speech is looked for at its end."""

    def __init__(self, identification: Identification) -> None:
        self._identification = identification
        self._kept = PreRoll(KEPT_S)

    def hear(self, samples: NDArray[np.int16]) -> None:
        """Take int16 [n]."""
        self._kept.append(samples)

    async def identified(self) -> HeardVoice | None:
        """Whose voice it is in; `None` where nobody is known."""
        return await self._identification.identify(
            lambda: speech_of(self._kept.since(0), SileroVad())
        )


class UtteranceVoice:
    """Collects an utterance's speech, and has it identified early."""

    def __init__(self, identification: Identification) -> None:
        self._identification = identification
        self._collector = SpeechCollector()
        self._task: asyncio.Task[HeardVoice | None] | None = None
        self._count = 0

    def hear(self, block: Block, voice: tuple[tuple[float, float, float], ...]) -> None:
        """A block, and for each of its frames the end, the probability of speech, the level."""
        for (frame, _), (_, probability, _) in zip(block.frames(), voice, strict=True):
            self._collector.hear(frame, probability)

    def called(self, block: Block) -> None:
        """The wake word, which is all speech."""
        for frame, _ in block.frames():
            self._collector.hear(frame, _SPEECH)

    def begin(self) -> None:
        """Identify what was said so far: it may be all."""
        count = self._collector.count
        if self._task is not None and count == self._count:
            return
        self.cancel()
        self._count = count
        speech = self._collector.speech
        self._task = asyncio.create_task(self._identification.identify(lambda: speech))

    async def identified(self) -> HeardVoice | None:
        """Whose voice all of it is in; `None` where nobody is known."""
        self.begin()
        return await self._task if self._task is not None else None

    def cancel(self) -> None:
        """It is not needed any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
