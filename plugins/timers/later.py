"""Commands that are carried out at another time, or undone after some time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from assistant.home.model import Device
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import COMMAND
from assistant.plugins import Asks, Outcome, PluginContext

from .book import Timer, TimerKind
from .choosing import seconds
from .opposite import opposite
from .when import clock_is_set, has_time, is_of_day, moment
from .wording import at_time, duration

UNCLEAR = 'When? Say it with the time, such as "at 21:00" or "in ten minutes".'
NO_CLOCK = "I do not know yet what time it is."
_NO_TIME = "There is no such time of day."
_PAST = "That time is past."
_AT_ONCE = "I can put off only commands to the home."
_CONFIRMED = 1.0
"""Confidence of what the user said yes to; whatever has words of any kind in it has less."""
_NOT_PUT_OFF = (
    *("Hearth", "HassGet", "HassClimateGet", "HassShoppingListLast", "HassTimerStatus"),
    *("HassRespond", "HassNevermind"),
)
"""Beginnings of intents: questions, and what is about the moment in which it is said."""
_STOPS_MUSIC = "playback"
"""A slot of "stop", which for later ends what plays then."""
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


def end_of(slots: Mapping[str, Any], now: datetime, kind: TimerKind) -> End | str:
    """When it is over by the slots, or what is wrong with them."""
    if not has_time(slots):
        length_s = seconds(slots)
        return End(length_s) if length_s else UNCLEAR
    if not is_of_day(slots):
        return _NO_TIME
    if not clock_is_set(now):
        return NO_CLOCK
    at = moment(slots, now, kind)
    if at is None:
        return _PAST
    return End((at - now.replace(tzinfo=None)).total_seconds(), at)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done at the end, and before that at once, where it is for a while."""

    end: End
    last: str
    first: str = ""
    question: str = ""
    """What the home would ask before one of them is done."""
    turns_on: bool = False
    """Whether the last one turns something on."""

    def words(self, now: datetime) -> str:
        """Such as "At 22:00: turn off the fan."."""
        return f"{self.end.words(now)}: {self.last}."


class Later:
    """Takes such commands. `keep` sets the timer at whose end one is carried out."""

    def __init__(self, context: PluginContext, keep: Callable[[End, str, bool], Timer]) -> None:
        self._context = context
        self._keep = keep

    async def can_wait(self, interpretation: Interpretation) -> bool:
        """Whether the command is one that can be put off."""
        return _can_wait(await self._context.understand(str(interpretation.slots[COMMAND])))

    async def doubt(self, interpretation: Interpretation) -> str:
        """What to ask when it is said: at its time the user may not be there to answer."""
        if interpretation.confidence >= _CONFIRMED:
            return ""
        plan = await self._plan(interpretation)
        if isinstance(plan, Outcome) or not plan.question:
            return ""
        words = plan.words(self._context.local_time())
        if plan.first:
            words = f"{plan.first[:1].upper()}{plan.first[1:]} now; {words[:1].lower()}{words[1:]}"
        return f"{words} Is that right?"

    async def take(self, interpretation: Interpretation) -> Outcome:
        """Put a command off, or do it and undo it later."""
        plan = await self._plan(interpretation)
        if isinstance(plan, Outcome):
            return plan
        confirmed = interpretation.confidence >= _CONFIRMED
        words = plan.words(self._context.local_time())
        if not plan.first:
            self._keep(plan.end, plan.last, confirmed)
            return Outcome(success=True, reply=words)
        context = self._context
        carry_out = context.carry_out_confirmed if confirmed else context.carry_out
        outcome = await carry_out(plan.first)
        # What was off before is not turned on afterwards.
        if not outcome.success or (plan.turns_on and not outcome.changes):
            return outcome
        self._keep(plan.end, plan.last, confirmed)
        return replace(outcome, reply=f"{outcome.reply} {words}")

    async def _plan(self, interpretation: Interpretation) -> _Plan | Outcome:
        """What is to be done when, or why it cannot be."""
        slots = interpretation.slots
        command = await self._told_apart(str(slots[COMMAND]), interpretation.targets)
        meant = await self._context.understand(command)
        if not _can_wait(meant):
            return _refused(_AT_ONCE) if meant.intent or not meant.targets else _which(meant)
        end = end_of(slots, self._context.local_time(), TimerKind.COMMAND)
        if isinstance(end, str):
            return _refused(end)
        if "until" not in slots:
            return _Plan(end, command, question=meant.question)
        undo = opposite(command)
        undone = await self._context.understand(undo) if undo else meant
        if not undo or not _can_wait(undone) or undone.targets != meant.targets:
            return _refused(f"I would not know how to undo this afterwards: {command}.")
        question = meant.question or undone.question
        return _Plan(end, undo, command, question, turns_on=undone.intent == "HassTurnOn")

    async def _told_apart(self, command: str, targets: Sequence[str]) -> str:
        """The command with the room or the name of what was chosen of several that it may mean.

        At its time there are only its words. Where none tell, it is asked again.
        """
        rooms = {area.id: area.name for area in self._context.home.areas()}
        for device in self._context.home.devices():
            for text in _about(command, device, rooms) if device.id in targets else ():
                if (await self._context.understand(text)).targets == (device.id,):
                    return text
        return command


def _about(command: str, device: Device, rooms: Mapping[str, str]) -> Iterator[str]:
    """A command in words that may tell which device it is about: by its room, or by its name."""
    words = command.split()
    if room := rooms.get(device.area_id or ""):
        yield f"{command} in the {room}"
    if words[-1] == device.name.lower().split()[-1]:  # "the door", of "Back door"
        yield from (" ".join((*words[:end], "the", device.name)) for end in range(1, len(words)))


def _refused(reply: str) -> Outcome:
    return Outcome(success=False, reply=reply)


def _which(meant: Interpretation) -> Outcome:
    """The question which of several things is to be put off."""
    return Outcome(success=False, reply=meant.reason, targets=meant.targets, asks=Asks.WHICH)


def _can_wait(meant: Interpretation) -> bool:
    """Whether it is a command of the home: no question, and nothing that is about time itself."""
    intent = meant.intent
    return (
        intent is not None
        and intent not in _TIMERS
        and (not intent.startswith(_NOT_PUT_OFF) or _STOPS_MUSIC in meant.slots)
        and "unknown_name" not in meant.slots
    )
