"""From the final end-point to the reply: the last result, understanding, action.

The speculation is used when the final result means the same; else it is thrown away and the work
is done again.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, replace

from assistant.asr.confidence import confidence
from assistant.asr.result import RecognitionResult
from assistant.dialogue.dispatcher import Carried, Dispatcher
from assistant.endpointing.endpointer import EndReason
from assistant.events import (
    Action,
    Error,
    Event,
    FinalEndpoint,
    Intent,
    Latency,
    Reply,
    Rescored,
    SpeculationReset,
    Where,
)
from assistant.lattice.graph import Lattice
from assistant.nlu.interpretation import Interpretation, Understanding
from assistant.pipeline.rescorer import Account, Rescorer, Unchanged
from assistant.pipeline.speculation import Speculation, Understood, understand
from assistant.pipeline.worker import Worker

_NOTHING_HEARD = "I did not hear anything."
_ANSWERS = frozenset({"HearthConfirm", "HearthStop", "HassNevermind"})
"""What answers a question or stops something; asking about that would be another question."""
_NOT_UNDERSTOOD = "Sorry, I did not understand that."

LatticeFormat = Callable[[Lattice], Lattice | str]


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """The final end-point: where, why, and what came before it."""

    source: str
    audio_s: float
    reason: EndReason
    speech_end_s: float | None
    """Where the last speech ended; `None` when there was none."""
    speculated_s: float | None
    """Where the speculation that still stands began."""
    audio_bytes: int = 0
    """What the recogniser heard of the utterance, in 16-bit samples."""


@dataclass(frozen=True, slots=True)
class _Decided:
    """The final result and what it means."""

    result: RecognitionResult
    understood: Understood
    speculation: Speculation | None
    """The speculation, when its work is used."""
    revised: bool


def _forget(_named: Sequence[tuple[str, ...]]) -> None:
    pass


class Responder:
    """Understands and acts.

    `lattice` is how final end-points show theirs, if at all; `rescorer` has a second opinion on
    what was heard. `remember` is told the devices of each command that was carried out.
    `least_confidence`: how likely words must have been heard right to be acted on; below it they
    are asked back, below half of it they mean nothing.
    """

    def __init__(
        self,
        worker: Worker,
        understanding: Understanding,
        dispatcher: Dispatcher,
        lattice: LatticeFormat | None = None,
        rescorer: Rescorer | None = None,
        *,
        remember: Callable[[Sequence[tuple[str, ...]]], None] = _forget,
        least_confidence: float = 0.0,
    ) -> None:
        self._worker = worker
        self._understanding = understanding
        self._dispatcher = dispatcher
        self._lattice = lattice
        self._rescorer = rescorer or Unchanged()
        self._remember = remember
        self._least_confidence = least_confidence

    def speculate(self, result: RecognitionResult) -> Speculation:
        """Begin to understand a result that may not be the last."""
        return Speculation(
            result,
            self._worker,
            self._understanding,
            self._dispatcher.plugin_for,
            self._rescorer.open(),
        )

    async def respond(
        self,
        end: TurnEnd,
        finish: Callable[[], RecognitionResult],
        speculation: Speculation | None,
    ) -> AsyncIterator[Event]:
        """Everything from the final end-point to the reply and its latency."""
        at: Where = {"source": end.source, "audio_s": end.audio_s}
        begin = time.perf_counter()
        rescoring = speculation.rescoring if speculation else self._rescorer.open()
        own = await self._worker.run(finish)
        heard = await rescoring.settle(own)
        if heard.account is not None:
            yield _rescored(at, end, heard.account)
        decided = await self._decide(heard.result, speculation)
        if speculation is not None and decided.speculation is None:
            await speculation.cancel()
            yield SpeculationReset(**at, reason="the final words mean something else")
        sure = confidence(own)
        yield self._final_endpoint(at, end.reason, decided, sure)
        understood = self._doubted(decided, sure)
        interpretation = await self._dispatcher.with_question(understood)
        yield Intent(
            **at,
            intent=interpretation.intent,
            slots=dict(interpretation.slots),
            confidence=interpretation.confidence,
            reused=decided.speculation is not None,
            reason=interpretation.reason or None,
            question=interpretation.question or None,
            then=tuple(map(_command, interpretation.then)) or None,
        )
        if decided.speculation is not None:
            await decided.speculation.settle()
        work_ms = 1000 * (time.perf_counter() - begin)
        acted, action_ms = await self._act(at, interpretation, decided.result.text, sure)
        for event in acted:
            yield event
        if end.speech_end_s is not None:
            yield _latency(at, end, decided, work_ms, action_ms)

    async def _decide(self, result: RecognitionResult, speculation: Speculation | None) -> _Decided:
        """Understand the final result, by the speculation's work where that is certain to hold."""
        if not result.text:
            nothing = Understood(Interpretation(text="", intent=None), 0.0)
            return _Decided(result, nothing, None, revised=speculation is not None)
        if speculation is None:
            understood = await understand(self._worker, self._understanding, result)
            return _Decided(result, understood, None, revised=False)
        early = await speculation.understood()
        revised = result.text != speculation.result.text
        if not revised:
            return _Decided(result, early, speculation, revised=False)
        late = await understand(self._worker, self._understanding, result)
        same = late.interpretation.same_meaning(early.interpretation)
        return _Decided(result, late, speculation if same else None, revised=True)

    def _doubted(self, decided: _Decided, sure: float) -> Interpretation:
        """The meaning of words that were heard with a confidence: nothing, a question, or it."""
        meant = decided.understood.interpretation
        if meant.intent is None or sure >= self._least_confidence:
            return meant
        reason = f"heard with a confidence of {sure:.2f}"
        if sure < self._least_confidence / 2:
            return Interpretation(meant.text, None, reason=reason)
        if meant.intent in _ANSWERS:
            return meant
        said = decided.result.text if meant.then else meant.text
        question = meant.question or f"Did you mean: {said}?"
        return replace(meant, reason=meant.reason or reason, question=question)

    def _final_endpoint(
        self, at: Where, reason: EndReason, decided: _Decided, sure: float
    ) -> Event:
        result = decided.result
        nbest = tuple(
            {
                "text": hypothesis.text,
                "log_prob": hypothesis.log_prob,
                "boost": hypothesis.boost,
            }
            for hypothesis in result.nbest
        )
        return FinalEndpoint(
            **at,
            text=result.text,
            confidence=sure,
            nbest=nbest,
            revised=decided.revised,
            reason=reason.value,
            lattice=self._lattice(result.lattice) if self._lattice else None,
        )

    async def _act(
        self, at: Where, interpretation: Interpretation, heard: str, sure: float
    ) -> tuple[list[Event], float]:
        """Carry the intent out; its events, and how long it took in milliseconds.

        What was not understood and hardly heard is nobody else's to act on, either.
        """
        begin = time.perf_counter()
        lost = interpretation.intent is None and sure < self._least_confidence
        carried = None if lost else await self._dispatcher.carry_out(interpretation, heard)
        if carried is None:
            return [Reply(**at, text=_NOT_UNDERSTOOD if heard else _NOTHING_HEARD)], 0.0
        action_ms = 1000 * (time.perf_counter() - begin)
        self._remember(carried.named)
        events = [event for each in carried.parts for event in _events(at, each)]
        return [*events, Reply(**at, text=carried.outcome.reply)], action_ms


def _command(meant: Interpretation) -> dict[str, object]:
    return {
        "intent": meant.intent,
        "slots": dict(meant.slots),
        "confidence": meant.confidence,
    }


def _events(at: Where, carried: Carried) -> list[Event]:
    if not carried.plugin:
        return []
    action = Action(
        **at,
        plugin=carried.plugin,
        success=carried.outcome.success,
        targets=carried.outcome.targets,
        changes=tuple(asdict(change) for change in carried.outcome.changes),
    )
    failed = carried.failed
    errors = [Error(**at, code="plugin_failed", message=failed)] if failed else []
    return [*errors, action]


def _rescored(at: Where, end: TurnEnd, account: Account) -> Event:
    return Rescored(
        **at,
        outcome=account.outcome.value,
        lattice_bytes=account.lattice_bytes,
        audio_bytes=end.audio_bytes,
        waited_ms=account.waited_ms,
    )


def _latency(at: Where, end: TurnEnd, decided: _Decided, work_ms: float, action_ms: float) -> Event:
    speech_end_s = end.audio_s if end.speech_end_s is None else end.speech_end_s
    return Latency(
        **at,
        speech_end_s=speech_end_s,
        speculative_endpoint_s=end.speculated_s,
        final_endpoint_s=end.audio_s,
        decode_ms=decided.result.decode_ms,
        nlu_ms=decided.understood.nlu_ms,
        action_ms=action_ms,
        work_ms=work_ms,
        response_ms=1000 * (end.audio_s - speech_end_s) + work_ms,
    )
