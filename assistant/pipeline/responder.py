"""From the final end-point to the reply: the last result, understanding, action.

It comes in two halves. `decide` belongs to the listening: it looks at nothing but what was heard
and said before, so it is done before the next audio is heard. `carry_out` runs beside the
listening: a plugin may take seconds, and meanwhile whoever speaks is heard.

The speculation is used when the final result means the same; else it is thrown away and the work
is done again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.asr.result import RecognitionResult
from assistant.dialogue.carried import Carried, not_understood
from assistant.dialogue.dispatcher import Dispatcher
from assistant.dialogue.order import CommandOrder
from assistant.dialogue.state import CONFIRM
from assistant.events import NOT_MEANT, Reply, SpeculationReset
from assistant.lattice.graph import Lattice
from assistant.nlu.interpretation import Interpretation, Understanding
from assistant.pipeline import decision as tell
from assistant.pipeline.addressee import Addressee
from assistant.pipeline.certainty import certainty, doubted
from assistant.pipeline.decision import Decision, TurnEnd
from assistant.pipeline.directedness import Signs, is_command, signs_of
from assistant.pipeline.discretion import Send, discreet
from assistant.pipeline.follow_up import FollowUps
from assistant.pipeline.rescorer import Rescorer, Rescoring, Unchanged
from assistant.pipeline.speculation import Speculation, Understood, understand
from assistant.pipeline.worker import Worker

LatticeFormat = Callable[[Lattice], Lattice | str]


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What the final words mean."""

    understood: Understood
    speculation: Speculation | None
    """The speculation, when its work is used."""
    revised: bool


def _forget(_named: Sequence[tuple[str, ...]]) -> None:
    pass


class Responder:
    """Understands and acts.

    `lattice` is how final end-points show theirs, if at all; `rescorer` has a second opinion on
    what was heard. `remember` is told the devices of each command, for "it" and "them".
    `least_confidence`: how likely words must have been heard right to be acted on; below it they
    are asked back, below half of it they mean nothing. `replied` is told of each reply, whose end
    opens `follow_ups`; without it, nobody says replies and they end at once. `addressee` tells
    whether what needed no wake word is meant for this device.
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
        follow_ups: FollowUps | None = None,
        replied: Callable[[Reply], None] | None = None,
        addressee: Addressee | None = None,
    ) -> None:
        self._worker = worker
        self._understanding = understanding
        self._dispatcher = dispatcher
        self._lattice = lattice
        self._rescorer = rescorer or Unchanged()
        self._remember = remember
        self._least_confidence = least_confidence
        self._follow_ups = follow_ups or FollowUps(0.0)
        self._replied = replied or self._open
        self._addressee = addressee or Addressee()
        self._order = CommandOrder()
        self._latest: Decision | None = None

    @property
    def secret(self) -> bool:
        """Whether what is said now may be a code, whose words nobody is told."""
        return self._dispatcher.codes.waits

    def give_way(self) -> None:
        """Another source answers: nothing more is expected here."""
        self._follow_ups.close()

    def speculate(self, result: RecognitionResult) -> Speculation:
        """Begin to understand a result that may not be the last."""
        return Speculation(
            result,
            self._worker,
            self._understanding,
            self._dispatcher.plugin_for,
            self._rescoring(),
        )

    async def decide(
        self,
        end: TurnEnd,
        finish: Callable[[], RecognitionResult],
        speculation: Speculation | None,
        send: Send,
    ) -> Decision:
        """Hear and understand the last of it, up to the final end-point's event."""
        send = discreet(send, lambda: end.secret)
        begin_s = time.perf_counter()
        rescoring = speculation.rescoring if speculation else self._rescoring()
        own = await self._worker.run(finish)
        heard = await rescoring.settle(own)
        if heard.account is not None:
            await send(tell.rescored(end, heard.account))
        meaning = await self._meaning(heard.result, speculation)
        if speculation is not None and meaning.speculation is None:
            await speculation.cancel()
            await send(SpeculationReset(**end.at, reason="the final words mean something else"))
        meant, text = meaning.understood.interpretation, heard.result.text
        sure = certainty(meant, own)
        decision = Decision(
            end=end,
            result=heard.result,
            meant=self._said(end, doubted(meant, text, sure, self._least_confidence)),
            sure=sure,
            nlu_ms=meaning.understood.nlu_ms,
            revised=meaning.revised,
            speculation=meaning.speculation,
            begin_s=begin_s,
        )
        if end.follow_up is not None:
            decision = await self._directed(decision, signs_of(meant, own))
        self._expect(decision)
        lattice = self._lattice(heard.result.lattice) if self._lattice else None
        await send(*tell.final_endpoint(decision, lattice))
        return decision

    async def carry_out(self, decision: Decision, send: Send) -> None:
        """Everything after the final end-point, to the reply and its latency.

        Commands of one plugin wait for each other; a yes waits for all that may have asked.
        """
        send = discreet(send, lambda: decision.end.secret)
        plugins = self._dispatcher.plugins_of(decision.meant)
        after_all = decision.meant.intent == CONFIRM
        try:
            async with self._order.turn(plugins, after_all=after_all):
                await self._carry_out(decision, send)
        finally:
            if decision.speculation is not None:
                await decision.speculation.cancel()

    async def _directed(self, decision: Decision, words: Signs) -> Decision:
        """Leave out what is hardly meant for this device, or is no sure command nor an answer.

        That is so, too, of what nothing would come of.
        """
        last = self._latest.end if self._latest else None
        probability = self._addressee.probability(words, decision.end, last)
        decision, meant = replace(decision, directed=probability), decision.meant
        meant_for_it = is_command(meant) and probability >= self._addressee.least
        if self._dispatcher.attends:
            return decision
        if meant_for_it and not await self._dispatcher.is_untimely(meant):
            return decision
        meant = Interpretation(meant.text, None, reason=NOT_MEANT)
        return replace(decision, meant=meant, ignored=True)

    async def _carry_out(self, decision: Decision, send: Send) -> None:
        if decision.ignored:
            await send(tell.intent(decision, decision.meant))
            return
        meant = await self._dispatcher.with_question(decision.meant)
        await send(tell.intent(decision, meant))
        if decision.speculation is not None:
            await decision.speculation.settle()
        end, work_s = decision.end, time.perf_counter() - decision.begin_s
        carried, action_ms = await self._act(decision, meant)
        self._note(decision, carried)
        outcome = carried.outcome
        reply = Reply(
            **end.at,
            text=outcome.reply,
            asks=outcome.asks or None,
            softly=end.softly or None,
        )
        events = [*tell.actions(end, carried), reply]
        if end.speech_end_s is not None:
            events.append(tell.latency(decision, end.speech_end_s, 1000 * work_s, action_ms))
        self._replied(reply)
        await send(*events)

    def _rescoring(self) -> Rescoring:
        """A second opinion, but not on a code."""
        return (Unchanged() if self.secret else self._rescorer).open()

    def _open(self, reply: Reply) -> None:
        self._follow_ups.after(reply, reply.audio_s)

    async def _meaning(
        self, result: RecognitionResult, speculation: Speculation | None
    ) -> _Meaning:
        """Understand the final result, by the speculation's work where that is certain to hold."""
        if not result.text:
            nothing = Understood(Interpretation(text="", intent=None), 0.0)
            return _Meaning(nothing, None, revised=speculation is not None)
        if speculation is None:
            understood = await understand(self._worker, self._understanding, result)
            return _Meaning(understood, None, revised=False)
        early = await speculation.understood()
        revised = result.text != speculation.result.text
        if not revised:
            return _Meaning(early, speculation, revised=False)
        late = await understand(self._worker, self._understanding, result)
        same = late.interpretation.same_meaning(early.interpretation)
        return _Meaning(late, speculation if same else None, revised=True)

    def _said(self, end: TurnEnd, meant: Interpretation) -> Interpretation:
        """The meaning in the mouth of who says it."""
        return self._dispatcher.voices.personal(meant.said_by(end.speaker))

    def _expect(self, decision: Decision) -> None:
        """From now on "it" is what this command is about, though it is not done yet."""
        if decision.ignored:
            return
        self._follow_ups.close()
        self._latest = decision
        if not decision.meant.question:
            self._remember([command.targets for command in decision.meant.commands])

    def _note(self, decision: Decision, carried: Carried) -> None:
        """Afterwards it is what the command turned out to be about, unless more was said since."""
        if decision is self._latest:
            self._remember(carried.named)

    async def _act(self, decision: Decision, meant: Interpretation) -> tuple[Carried, float]:
        """Carry the intent out; what came of it, and how long it took in milliseconds.

        What was not understood and hardly heard is nobody else's to act on, either.
        """
        begin_s = time.perf_counter()
        heard = decision.result.text
        unsure = meant.intent is None and decision.sure < self._least_confidence
        if unsure and not self._dispatcher.attends:
            return not_understood(heard), 0.0
        carried = await self._dispatcher.carry_out(meant, heard)
        action_ms = 1000 * (time.perf_counter() - begin_s) if carried.understood else 0.0
        return carried, action_ms
