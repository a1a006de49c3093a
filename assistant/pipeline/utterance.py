"""One utterance, from the first sample that the recogniser hears to the reply.

It listens block by block. The recogniser works in the worker thread, and each block's result is
awaited before anything is decided, so every decision falls on a fixed place in the audio however
fast or slow the machine is. At the speculative end-point understanding begins; nothing is acted on
before the final one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import partial

from assistant.asr.confidence import confidence
from assistant.asr.result import RecognitionResult, extends
from assistant.audio.blocks import Block
from assistant.endpointing.endpointer import (
    Completeness,
    EndReason,
    FinalEndpointer,
    SpeculativeEndpointer,
)
from assistant.events import (
    Event,
    PartialTranscript,
    SpeculationReady,
    SpeculationReset,
    SpeculativeEndpoint,
    SpeechStarted,
    Where,
)
from assistant.pipeline.doorway import Doorway
from assistant.pipeline.foreground import Foreground
from assistant.pipeline.listener import Ear
from assistant.pipeline.responder import Answer, Commit
from assistant.pipeline.speculation import Speculation
from assistant.pipeline.turn_state import Progress
from assistant.pipeline.worker import Worker
from assistant.wake.place import Call

BLOCK_FRAMES = 2
"""20 ms: how finely end-points are placed."""
SAMPLE_BYTES = 2
"""Of 16-bit audio."""
WHOLE = frozenset({Completeness.COMPLETE, Completeness.LIKELY, Completeness.OPEN})
"""What words must be, to be acted on where another wake word ends them."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What decides when a sentence is over."""

    speculative: SpeculativeEndpointer
    final: FinalEndpointer
    completeness: Callable[[str], Completeness]
    """Whether words could be a whole sentence; heavy, asked in the worker once a text."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who works on an utterance; shared by all of them."""

    worker: Worker
    judgement: Judgement
    answer: Answer


class Utterance:
    """Listens to one utterance and answers it.

    `start_s` is where in the audio her command can begin; what the ear is given from before that
    does not count as her speech.
    """

    def __init__(
        self,
        source: str,
        start_s: float,
        ear: Ear,
        staff: Staff,
        foreground: Foreground | None = None,
    ) -> None:
        self._source = source
        self._ear = ear
        self._staff = staff
        self._progress = Progress(start_s, foreground)
        self._speculation: Speculation | None = None
        self._speculated_s = 0.0
        self._announced = True
        self._shown = ""
        self._events: list[Event] = []

    @property
    def spoken_until_s(self) -> float:
        """Where its last speech ended, or how far it was listened to if there was none."""
        end_s = self._progress.speech_end_s
        return self._progress.now_s if end_s is None else end_s

    async def run(self, before: Block, door: Doorway) -> AsyncGenerator[Event]:
        """Everything that happens, in order. `before` is the audio heard until now."""
        block: Block | None = before
        end: EndReason | None = None
        try:
            while block is not None and end is None:
                end = await self._listen(block)
                for event in self._said():
                    yield event
                if end is None:
                    block = await door.next(BLOCK_FRAMES)
            finish = self._ear.finish
            if door.pending is not None:
                said = await self._said_before(await door.call())
                if said is None:
                    return
                finish, end = partial(_as_it_is, said), EndReason.PAUSE
            commit = await self._commit(end or EndReason.END_OF_AUDIO)
            for event in self._said():
                yield event
            async for event in self._staff.answer.give(commit, finish, self._speculation):
                yield event
        finally:
            await self._drop_speculation()

    async def _said_before(self, call: Call | None) -> RecognitionResult | None:
        """What was said before another wake word, if that could be all: else she begins anew."""
        if call is None:
            return None
        said = await self._staff.worker.run(self._ear.said_until, call.begin_s)
        if said is None or not said.text:
            return None
        judge = self._staff.judgement.completeness
        return said if await self._staff.worker.run(judge, said.text) in WHOLE else None

    async def _listen(self, block: Block) -> EndReason | None:
        """Hear a block, then decide what it means; why the utterance is over, if it is."""
        heard = await self._staff.worker.run(self._ear.take, block)
        await self._announce()
        quiet_before = self._progress.speech_end_s is None
        began = self._progress.follow(heard)
        self._ear.until_s = self._progress.words_until_s
        if began:
            self._ear.goes_on()
        if began and quiet_before:
            self._events.append(SpeechStarted(**self._at()))
        elif began:
            await self._reset("speech goes on")
        await self._read()
        end = self._staff.judgement.final.decide(self._progress.features())
        if end is None and self._speculation is None:
            await self._speculate()
        return end

    async def _read(self) -> None:
        """Keep up with the words: look closer in a pause, show them, doubt what changed."""
        if self._speculation is None and self._progress.due_for_a_look():
            await self._look()
        if self._speculation and not extends(self._speculation.result.text, self._progress.text):
            await self._reset("the words changed")
        text = self._progress.text
        if text == self._shown:
            return
        self._shown = text
        self._progress.completeness = await self._staff.worker.run(
            self._staff.judgement.completeness, text
        )
        if text:
            self._events.append(PartialTranscript(**self._at(), text=text))

    async def _look(self) -> None:
        self._progress.result = await self._staff.worker.run(self._ear.peek)

    async def _speculate(self) -> None:
        """Begin to understand, if the sentence seems to be over, after one more look."""
        judgement = self._staff.judgement
        if not judgement.speculative.decide(self._progress.features()):
            return
        await self._look()
        await self._read()
        result = self._progress.result
        if not judgement.speculative.decide(self._progress.features()) or result is None:
            return
        self._speculation = self._staff.answer.speculate(result)
        self._speculated_s = self._progress.now_s
        self._announced = False
        self._events.append(
            SpeculativeEndpoint(**self._at(), text=result.text, confidence=confidence(result))
        )

    async def _announce(self) -> None:
        """Say what the speculation understood: once, at the block after it began."""
        if self._speculation is None or self._announced:
            return
        understood = await self._speculation.understood()
        self._announced = True
        self._events.append(
            SpeculationReady(
                **self._at(),
                intent=understood.interpretation.intent,
                slots=dict(understood.interpretation.slots),
                nlu_ms=understood.nlu_ms,
            )
        )

    async def _reset(self, reason: str) -> None:
        if self._speculation is not None:
            await self._drop_speculation()
            self._events.append(SpeculationReset(**self._at(), reason=reason))

    async def _drop_speculation(self) -> None:
        speculation, self._speculation = self._speculation, None
        if speculation is not None:
            await speculation.cancel()

    async def _commit(self, reason: EndReason) -> Commit:
        await self._announce()
        return Commit(
            source=self._source,
            audio_s=self._progress.now_s,
            reason=reason,
            speech_end_s=self._progress.speech_end_s,
            speculated_s=self._speculated_s if self._speculation else None,
            audio_bytes=SAMPLE_BYTES * self._ear.samples,
        )

    def _said(self) -> list[Event]:
        """The events since the last time."""
        said, self._events = self._events, []
        return said

    def _at(self) -> Where:
        return {"source": self._source, "audio_s": self._progress.now_s}


def _as_it_is(result: RecognitionResult) -> RecognitionResult:
    return result
