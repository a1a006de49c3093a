"""One utterance, from the first sample that the recogniser hears to the decision what it means.

It listens block by block. The recogniser works in the worker thread, and each block's result is
awaited before anything is decided, so every decision falls on a fixed place in the audio however
fast or slow the machine is. At the speculative end-point understanding begins; nothing is acted on
before the final one.

A look at the words costs a second pass. Where audio waits because the machine does not keep up, the
only one is that of the final end-point: what is understood stays the same, it comes a little later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from assistant.asr.confidence import confidence
from assistant.asr.result import RecognitionResult, extends
from assistant.audio.blocks import Block
from assistant.endpointing.completeness import Completeness
from assistant.endpointing.endpointer import Endpointing
from assistant.events import (
    EndReason,
    PartialTranscript,
    SpeculationReady,
    SpeculationReset,
    SpeculativeEndpoint,
    SpeechStarted,
    Where,
)
from assistant.pipeline.decision import Decision, TurnEnd
from assistant.pipeline.discretion import Send, discreet
from assistant.pipeline.feed import AudioFeed
from assistant.pipeline.foreground import Foreground
from assistant.pipeline.identification import Identification, UtteranceVoice
from assistant.pipeline.listener import Listener, Observation
from assistant.pipeline.responder import Responder
from assistant.pipeline.speculation import Speculation
from assistant.pipeline.trigger import FollowUp
from assistant.pipeline.turn_state import TurnState
from assistant.pipeline.worker import Worker
from assistant.presence.senses import Presence, SeenWhile, Unknown
from assistant.wake.place import Call
from assistant.whispering.detector import NoDetector, WhisperDetector

_LOG = logging.getLogger(__name__)

BLOCK_FRAMES = 2
"""20 ms: how finely end-points are placed."""
SAMPLE_BYTES = 2
"""Of 16-bit audio."""
MOST_WAITING_S = 0.5
"""So much captured audio may wait before looks are left out; the queues of sources hold 5 s."""
WHOLE = frozenset({Completeness.COMPLETE, Completeness.LIKELY, Completeness.OPEN})
"""What words must be, to be acted on where another wake word ends them."""


@dataclass(frozen=True, slots=True)
class UtteranceServices:
    """Who works on an utterance; shared by all of them."""

    worker: Worker
    endpointing: Endpointing
    responder: Responder
    identification: Identification = field(default_factory=Identification)
    whispers: WhisperDetector = field(default_factory=NoDetector)
    presence: Presence = field(default_factory=Unknown)
    waiting_s: Callable[[], float] = lambda: 0.0
    """How much captured audio waits to be heard; of a recording, none ever does."""


class Utterance:
    """Listens to one utterance; `send` takes its events.

    `start_s` is where in the audio the command can begin; what the listener is given from before
    that does not count as the user's speech. `taken` names another source that answers it, if any.
    """

    def __init__(
        self,
        source: str,
        start_s: float,
        listener: Listener,
        services: UtteranceServices,
        *,
        send: Send,
        foreground: Foreground | None = None,
        follow_up: FollowUp | None = None,
        since_reply_s: float | None = None,
        voice: UtteranceVoice | None = None,
        taken: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._source = source
        self._taken = taken
        self._listener = listener
        self._services = services
        self._secret = _secrecy(services.responder)
        self._send = discreet(send, self._secret)
        self._follow_up = follow_up
        self._since_reply_s = since_reply_s
        self._seen = SeenWhile()
        self._turn = TurnState(start_s, foreground, services.endpointing.usual.patience)
        self._voice = voice or services.identification.open()
        self._speculation: Speculation | None = None
        self._speculated_s = 0.0
        self._speculations = 0
        self._announced = True
        self._late = False
        self._shown = ""

    @property
    def spoken_until_s(self) -> float:
        """Where its last speech ended, or how far it was listened to if there was none."""
        end_s = self._turn.speech_end_s
        return self._turn.now_s if end_s is None else end_s

    async def run(self, before: Block, feed: AudioFeed) -> Decision | None:
        """Listen to its end; what was decided, `None` where another one takes its place.

        `before` is the audio heard until now.
        """
        observe = self._listener.observe
        end: EndReason | None = None
        try:
            heard: tuple[Block, Observation] | None
            heard = before, await self._services.worker.run(observe, before)
            while heard is not None:
                end = await self._listen(*heard)
                if self._taken():
                    return None
                if end is not None:
                    break
                heard = await feed.next(BLOCK_FRAMES, observe)
            finish = self._listener.finish
            if feed.pending is not None:
                said = await self._said_before(await feed.call())
                if said is None:
                    return None
                finish, end = partial(_as_it_is, said), EndReason.PAUSE
            decision = await self._services.responder.decide(
                await self._turn_end(end or EndReason.END_OF_AUDIO),
                finish,
                self._speculation,
                self._send,
            )
            self._speculation = None  # From here on it is the decision's.
            if not decision.ignored:
                self._learn()
            return decision
        finally:
            self._voice.cancel()
            await self._drop_speculation()

    def _learn(self) -> None:
        """Note how long the user has paused, if anything was said."""
        if self._turn.text:
            for pause_s in self._turn.pauses_s:
                self._services.endpointing.usual.note(pause_s)

    async def _said_before(self, call: Call | None) -> RecognitionResult | None:
        """What was said before another wake word, if that could be all: else they begin anew."""
        if call is None:
            return None
        said = await self._services.worker.run(self._listener.said_until, call.begin_s)
        if said is None or not said.text:
            return None
        judge = self._services.endpointing.completeness
        return said if await self._services.worker.run(judge, said.text) in WHOLE else None

    async def _listen(self, block: Block, observed: Observation) -> EndReason | None:
        """Decide what a block means, as it was heard; why the utterance is over, if it is."""
        self._voice.hear(block, observed.voice)
        await self._announce()
        quiet_before = self._turn.speech_end_s is None
        began = self._turn.follow(observed)
        self._listener.until_s = self._turn.words_until_s
        if self._turn.speaking:
            self._seen.note(self._services.presence.seen())
        if began:
            self._listener.goes_on()
        if began and quiet_before:
            await self._send(SpeechStarted(**self._at()))
        elif began:
            await self._reset("speech goes on")
        await self._read()
        end = self._services.endpointing.final.decide(self._turn.features())
        if end is None and self._speculation is None:
            await self._speculate()
        return end

    async def _read(self) -> None:
        """Keep up with the words: look closer in a pause, show them, doubt what changed."""
        if self._speculation is None and self._turn.due_for_a_look() and self._keeps_up():
            await self._look()
        if self._speculation and not extends(self._speculation.result.text, self._turn.text):
            await self._reset("the words changed")
        text = self._turn.text
        if text == self._shown:
            return
        self._shown = text
        self._turn.completeness = await self._services.worker.run(
            self._services.endpointing.completeness, text
        )
        if text:
            await self._send(PartialTranscript(**self._at(), text=text))

    def _keeps_up(self) -> bool:
        """Whether there is time for a look."""
        return self._services.waiting_s() <= MOST_WAITING_S

    def _tell_late(self) -> None:
        """Say once in the log that understanding does not begin early."""
        if not self._late:
            self._late = True
            _LOG.warning(
                "the machine does not keep up: %.1f s of audio wait, so words are looked at again "
                "only when the utterance is over",
                self._services.waiting_s(),
            )

    async def _look(self) -> None:
        self._turn.result = await self._services.worker.run(self._listener.peek)

    async def _speculate(self) -> None:
        """Begin to understand, if the sentence seems to be over, after one more look."""
        endpointing = self._services.endpointing
        if self._speculations >= endpointing.most_speculations:
            return
        if endpointing.speculative.decide(self._turn.features()) is None:
            return
        if not self._keeps_up():
            self._tell_late()
            return
        await self._look()
        await self._read()
        result = self._turn.result
        if result is None or endpointing.speculative.decide(self._turn.features()) is None:
            return
        self._voice.begin()
        self._speculation = self._services.responder.speculate(result)
        self._speculated_s = self._turn.now_s
        self._speculations += 1
        self._announced = False
        await self._send(
            SpeculativeEndpoint(**self._at(), text=result.text, confidence=confidence(result))
        )

    async def _announce(self) -> None:
        """Say what the speculation understood: once, at the block after it began."""
        if self._speculation is None or self._announced:
            return
        understood = await self._speculation.understood()
        self._announced = True
        await self._send(
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
            await self._send(SpeculationReset(**self._at(), reason=reason))

    async def _drop_speculation(self) -> None:
        speculation, self._speculation = self._speculation, None
        if speculation is not None:
            await speculation.cancel()

    async def _turn_end(self, reason: EndReason) -> TurnEnd:
        await self._announce()
        if self._turn.speech_end_s is None:
            self._seen.note(self._services.presence.seen())
        return TurnEnd(
            source=self._source,
            audio_s=self._turn.now_s,
            reason=reason,
            speech_end_s=self._turn.speech_end_s,
            speculated_s=self._speculated_s if self._speculation else None,
            audio_bytes=SAMPLE_BYTES * self._listener.samples,
            follow_up=self._follow_up,
            since_reply_s=self._since_reply_s,
            loudness=self._turn.loudness,
            speaker=await self._voice.identified(),
            whispered=await self._whispered(),
            secret=self._secret(),
            seen=self._seen.seen,
        )

    async def _whispered(self) -> float | None:
        """The probability that it was whispered, where anything was said."""
        if self._turn.speech_end_s is None:
            return None
        return await self._services.worker.run(self._listener.whispered)

    def _at(self) -> Where:
        return {"source": self._source, "audio_s": self._turn.now_s}


def _secrecy(responder: Responder) -> Callable[[], bool]:
    """Tells whether what is said, from now on, may be a code.

    It knows nothing of the utterance: what an utterance heard is forgotten with it, as nothing
    that it holds leads back to it.
    """
    began = responder.secret
    return lambda: began or responder.secret


def _as_it_is(result: RecognitionResult) -> RecognitionResult:
    return result
