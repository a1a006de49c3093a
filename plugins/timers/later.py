"""Commands that are carried out at another time, or undone after some time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from assistant.nlu.grammar import COMMAND
from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Outcome, PluginContext
from plugins.timers.book import Kind, Timer
from plugins.timers.choosing import seconds
from plugins.timers.opposite import opposite
from plugins.timers.when import clock_is_set, has_time, moment
from plugins.timers.wording import at_time, duration

UNCLEAR = 'When? Say it with the time, such as "at 21:00" or "in ten minutes".'
NO_CLOCK = "I do not know yet what time it is."
_PAST = "That time is past."
_AT_ONCE = "I can put off only commands to the home."
_NOT_PUT_OFF = (
    *("Hearth", "HassGet", "HassClimateGet", "HassShoppingListLast", "HassTimerStatus"),
    *("HassRespond", "HassNevermind"),
)
"""Beginnings of intents: questions, and what is about the moment in which it is said."""
_TIMERS = frozenset(
    {
        "HassStartTimer",
        "HassCancelTimer",
        "HassCancelAllTimers",
        "HassIncreaseTimer",
        "HassDecreaseTimer",
        "HassPauseTimer",
        "HassUnpauseTimer",
    }
)


@dataclass(frozen=True, slots=True)
class End:
    """When something is over: in some time, and where it was said as a time of day, at which."""

    in_s: float
    at: datetime | None = None

    def words(self, now: datetime) -> str:
        """Such as "In 10 minutes", "At 7:00 tomorrow"."""
        return f"At {at_time(self.at, now)}" if self.at else f"In {duration(self.in_s)}"


def end_of(slots: Mapping[str, Any], now: datetime, kind: Kind) -> End | str:
    """When it is over by the slots, or what is wrong with them."""
    if not has_time(slots):
        length_s = seconds(slots)
        return End(length_s) if length_s else UNCLEAR
    if not clock_is_set(now):
        return NO_CLOCK
    at = moment(slots, now, kind)
    if at is None:
        return _PAST
    return End((at - now.replace(tzinfo=None)).total_seconds(), at)


class Later:
    """Takes such commands. `keep` sets the timer at whose end one is carried out."""

    def __init__(self, context: PluginContext, keep: Callable[[End, str, bool], Timer]) -> None:
        self._context = context
        self._keep = keep

    async def take(self, interpretation: Interpretation) -> Outcome:
        """Put a command off, or do it and undo it later; what opens a home needs a yes."""
        slots, command = interpretation.slots, str(interpretation.slots[COMMAND])
        now = self._context.local_time()
        end = end_of(slots, now, Kind.COMMAND)
        if isinstance(end, str):
            return _failed(end)
        meant = await self._context.understand(command)
        if not _can_wait(meant):
            return _failed(_AT_ONCE)
        if "until" not in slots:
            return await self._put_off(interpretation, command, end, [meant])
        undo = opposite(command)
        undone = await self._context.understand(undo) if undo else meant
        if not undo or not _can_wait(undone) or undone.targets != meant.targets:
            return _failed(f"I would not know how to undo this afterwards: {command}.")
        return await self._for_a_while(interpretation, (command, undo), end, [meant, undone])

    async def _put_off(
        self, said: Interpretation, command: str, end: End, meant: list[Interpretation]
    ) -> Outcome:
        when = end.words(self._context.local_time())

        async def keep(asked: Interpretation) -> Outcome:
            self._keep(end, command, asked is not said)
            return Outcome(success=True, reply=f"{when}: {command}.")

        return await self._asked(said, meant, keep, f"{when}: {command}. Is that right?")

    async def _for_a_while(
        self, said: Interpretation, commands: tuple[str, str], end: End, meant: list[Interpretation]
    ) -> Outcome:
        command, undo = commands
        when = end.words(self._context.local_time())

        async def do(asked: Interpretation) -> Outcome:
            confirmed = asked is not said
            carry_out = self._carry_out(confirmed=confirmed)
            outcome = await carry_out(command)
            if not outcome.success:
                return outcome
            if not outcome.changes and meant[1].intent == "HassTurnOn":
                return outcome  # what was off before is not turned on afterwards
            self._keep(end, undo, confirmed)
            return replace(outcome, reply=f"{outcome.reply} {when}: {undo}.")

        question = f"{command} now, and {when[:1].lower()}{when[1:]}: {undo}. Is that right?"
        return await self._asked(said, meant, do, question[:1].upper() + question[1:])

    def _carry_out(self, *, confirmed: bool) -> Callable[[str], Awaitable[Outcome]]:
        context = self._context
        return context.carry_out_confirmed if confirmed else context.carry_out

    async def _asked(
        self,
        said: Interpretation,
        meant: list[Interpretation],
        act: Callable[[Interpretation], Awaitable[Outcome]],
        question: str,
    ) -> Outcome:
        """Act, after a question where what is meant opens a lock, a door or a gate."""
        if any(each.question for each in meant):
            return self._context.ask(said, act, question)
        return await act(said)


def _can_wait(meant: Interpretation) -> bool:
    """Whether it is a command of the home: no question, and nothing that is about time itself."""
    intent = meant.intent
    return (
        intent is not None
        and intent not in _TIMERS
        and not intent.startswith(_NOT_PUT_OFF)
        and "unknown_name" not in meant.slots
    )


def _failed(reply: str) -> Outcome:
    return Outcome(success=False, reply=reply)
