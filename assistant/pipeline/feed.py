"""The one way from a source's audio to utterances: one count of samples, one ring, one trigger.

The trigger hears everything, while somebody waits and while an utterance is listened to, so a wake
word counts wherever it is said: it may begin before the utterance before it was over.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from assistant.audio.blocks import Block, Blocks, seconds
from assistant.audio.ring import PreRoll
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, AudioSource
from assistant.pipeline.trigger import Activation, Trigger
from assistant.pipeline.worker import Worker
from assistant.wake.place import Call

T = TypeVar("T")


class AudioFeed:
    """One stream of audio. Positions count from its first sample, whatever was opened before.

    `place` says where in some audio a wake word lies; it is heavy.
    """

    def __init__(
        self,
        source: AudioSource,
        trigger: Trigger,
        worker: Worker,
        pre_roll_s: float,
        place: Callable[[Block, str], Call | None],
    ) -> None:
        self._blocks = Blocks(source)
        self._trigger = trigger
        self._worker = worker
        self._ring = PreRoll(pre_roll_s)
        self._place = place
        self.pending: Activation | None = None
        """An utterance that was opened and that nobody listens to yet."""

    @property
    def heard_s(self) -> float:
        """How much audio was heard."""
        return seconds(self._blocks.position)

    async def activated(self) -> Activation | None:
        """Wait for the next activation, if none is pending."""
        while self.pending is None:
            block = await self._blocks.next(self._trigger.idle_frames)
            if block is None:
                return None
            self._ring.append(block.samples)
            self.pending = await self._worker.run(self._trigger.hear, block)
        return self.pending

    async def call(self) -> Call | None:
        """Where the wake word lies that is pending, if it can be told."""
        activation = self.pending
        if activation is None or activation.wake is None:
            return None
        until_s = min(activation.at_s, self.heard_s)
        audio = self.audio(activation.hear_from_s, until_s)
        return await self._worker.run(self._place, audio, activation.wake.word)

    def enter(self, from_s: float) -> Block:
        """Take the pending activation: what was heard since a second, as far as it is kept."""
        self.pending = None
        return self.audio(from_s, self.heard_s)

    async def next(self, frames: int, listen: Callable[[Block], T]) -> tuple[Block, T] | None:
        """The next block of an utterance, and what `listen`, which is heavy, makes of it.

        `None` where the audio ends or another utterance opens. The trigger and `listen` share one
        call of the worker, as to hand a call over costs as much as what some of them do.
        """
        block = None if self.pending else await self._blocks.next(frames)
        if block is None:
            return None
        self._ring.append(block.samples)
        self.pending, heard = await self._worker.run(self._overhear, block, listen)
        return None if heard is None else (block, heard[0])

    def _overhear(
        self, block: Block, listen: Callable[[Block], T]
    ) -> tuple[Activation | None, tuple[T] | None]:
        opened = self._trigger.overhear(block)
        return opened, None if opened else (listen(block),)

    def leave(self, spoken_until_s: float) -> None:
        """The utterance is over; its speech ended there."""
        self._trigger.reset(spoken_until_s)

    def audio(self, from_s: float, until_s: float) -> Block:
        """What is kept from one second to another, in whole frames."""
        frame = max(0, math.ceil(round(from_s * SAMPLE_RATE / FRAME_SAMPLES, 3)))
        oldest = -(-self._ring.start // FRAME_SAMPLES)
        first = FRAME_SAMPLES * max(frame, oldest)
        return Block(self._ring.since(first)[: round(until_s * SAMPLE_RATE) - first], first)
