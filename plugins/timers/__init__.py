"""Timers and alarms: several, named, asked about, paused, cancelled; they survive a restart."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rapidfuzz import fuzz

from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Outcome, Plugin, PluginContext
from plugins.timers.book import Book, Timer
from plugins.timers.wording import at_time, called, duration, left, one_of

_ARTICLE = re.compile(r"^(a|an|the|my) ")
_UNITS = {"hours": 3600, "minutes": 60, "seconds": 1}
_RINGS = 3
_BETWEEN_RINGS_S = 10.0
_SAME_NAME = 75
_MISSED_S = 60.0
"""A timer that should have rung longer ago than this, while Hearth was off, is said to be late."""


class Timers:
    """Keeps the timers and says when one is over."""

    name = "timers"

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        folder = context.state_folder
        self._book = Book(folder / "timers.json" if folder else None)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._ringing: dict[int, Timer] = {}
        self._carry_out: Mapping[str, Callable[[Mapping[str, Any]], Outcome]] = {
            "HassStartTimer": self._start,
            "HassCancelTimer": self._cancel,
            "HassCancelAllTimers": self._cancel_all,
            "HassIncreaseTimer": self._increase,
            "HassDecreaseTimer": self._decrease,
            "HassPauseTimer": self._pause,
            "HassUnpauseTimer": self._resume,
            "HassTimerStatus": self._status,
        }

    def intents(self) -> Sequence[str]:
        """All of Home Assistant's timer intents."""
        return tuple(self._carry_out)

    async def start(self) -> None:
        """Wait for the timers of before."""
        for timer in self._book:
            self._wait_for(timer)

    async def close(self) -> None:
        """Stop waiting; the timers stay in the book."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Do what the intent says."""
        return self._carry_out[str(interpretation.intent)](interpretation.slots)

    def _start(self, slots: Mapping[str, Any]) -> Outcome:
        name = _ARTICLE.sub("", str(slots.get("name", "")))
        if "clock_time" in slots:
            hour, minute = divmod(int(slots["clock_time"]), 100)
            return self._start_alarm(name, [hour], minute)
        if "waking_hour" in slots:
            hour, minute = int(slots["waking_hour"]), int(slots.get("clock_minute", 0))
            return self._start_alarm(name, [hour], minute)
        if "clock_hour" in slots:
            hour = int(slots["clock_hour"]) % 12
            return self._start_alarm(name, [hour, hour + 12], int(slots.get("clock_minute", 0)))
        length_s = _seconds(slots)
        if not length_s:
            return _failed("For how long?")
        command = str(slots.get("conversation_command", ""))
        timer = self._book.start(name, self._now_s(), length_s, command=command)
        self._wait_for(timer)
        if command:
            return _done(f"In {duration(length_s)}: {command}.")
        named = f"{name} timer" if name else "timer"
        return _done(f"Started a {named} for {duration(length_s)}.")

    def _start_alarm(self, name: str, hours: Sequence[int], minute: int) -> Outcome:
        """Ring at the first of these hours to come."""
        now = self._context.local_time()
        today = [now.replace(hour=hour, minute=minute, second=0, microsecond=0) for hour in hours]
        moment = min(at if at > now else at + timedelta(days=1) for at in today)
        length_s = moment.timestamp() - now.timestamp()
        self._wait_for(self._book.start(name, now.timestamp(), length_s, is_alarm=True))
        return _done(f"Set an alarm for {at_time(moment, now)}.")

    def _cancel(self, slots: Mapping[str, Any]) -> Outcome:
        if self._ringing and not slots:
            for timer in list(self._ringing.values()):
                self._end(timer)
            return _done("Okay.")
        return self._with_one(slots, self._cancelled)

    def _cancelled(self, timer: Timer) -> str:
        self._end(timer)
        return f"Cancelled your {called(timer)}."

    def _cancel_all(self, _slots: Mapping[str, Any]) -> Outcome:
        timers = list(self._book)
        for timer in [*timers, *self._ringing.values()]:
            self._end(timer)
        count = len(timers)
        said = f"Cancelled {count} timer{'' if count == 1 else 's'}."
        return _done(said) if timers else _failed("No timer is running.")

    def _increase(self, slots: Mapping[str, Any]) -> Outcome:
        return self._with_one(slots, lambda timer: self._moved(timer, _seconds(slots)))

    def _decrease(self, slots: Mapping[str, Any]) -> Outcome:
        return self._with_one(slots, lambda timer: self._moved(timer, -_seconds(slots)))

    def _moved(self, timer: Timer, by_s: float) -> str:
        self._change(timer.moved(by_s))
        change = f"{'Added' if by_s > 0 else 'Took'} {duration(abs(by_s))}"
        rest = duration(timer.left_s(self._now_s()) + by_s)
        return f"{change} {'to' if by_s > 0 else 'off'} your {called(timer)}; {rest} left."

    def _pause(self, slots: Mapping[str, Any]) -> Outcome:
        return self._with_one(slots, self._paused)

    def _paused(self, timer: Timer) -> str:
        self._change(timer.paused(self._now_s()))
        return f"Paused your {called(timer)}."

    def _resume(self, slots: Mapping[str, Any]) -> Outcome:
        return self._with_one(slots, self._resumed)

    def _resumed(self, timer: Timer) -> str:
        self._change(timer.resumed(self._now_s()))
        return f"Your {called(timer)} runs again."

    def _status(self, slots: Mapping[str, Any]) -> Outcome:
        timers = _matching(self._book, slots)
        if not timers:
            return _failed(_none(slots))
        now_s = self._now_s()
        return _done("; ".join(left(timer, now_s) for timer in timers) + ".")

    def _with_one(self, slots: Mapping[str, Any], change: Callable[[Timer], str]) -> Outcome:
        """Change the timer that is meant; ask if several may be, say so if none is there."""
        timers = _matching(self._book, slots)
        if not timers:
            return _failed(_none(slots))
        if len(timers) > 1:
            return _failed(f"Which one do you mean: {one_of(timers)}?")
        return _done(change(timers[0]))

    def _change(self, timer: Timer) -> None:
        self._book.put(timer)
        self._wait_for(timer)

    def _end(self, timer: Timer) -> None:
        self._book.remove(timer)
        self._ringing.pop(timer.id, None)
        if task := self._tasks.pop(timer.id, None):
            task.cancel()

    def _wait_for(self, timer: Timer) -> None:
        if old := self._tasks.pop(timer.id, None):
            old.cancel()
        if timer.paused_at_s is None:
            self._tasks[timer.id] = asyncio.create_task(self._ring(timer))

    async def _ring(self, timer: Timer) -> None:
        left_s = timer.left_s(self._now_s())
        await self._sleep(max(0.0, left_s))
        self._book.remove(timer)
        if left_s < -_MISSED_S:
            ended = datetime.fromtimestamp(timer.ends_at_s, self._context.local_time().tzinfo)
            what = (
                f"{timer.command}: this was due" if timer.command else f"Your {called(timer)} ended"
            )
            self._context.announce(f"{what} at {at_time(ended, ended)}, while I was off.")
        elif timer.command:
            outcome = await self._context.carry_out(timer.command)
            self._context.announce(outcome.reply)
        else:
            await self._ring_until_stopped(timer)
        self._tasks.pop(timer.id, None)

    async def _ring_until_stopped(self, timer: Timer) -> None:
        self._ringing[timer.id] = timer
        for ring in range(_RINGS):
            if ring:
                await self._sleep(_BETWEEN_RINGS_S)
            self._context.announce(f"Your {called(timer)} is done.")
        self._ringing.pop(timer.id, None)

    def _sleep(self, duration_s: float) -> Awaitable[None]:
        return self._context.clock.sleep(duration_s)

    def _now_s(self) -> float:
        return self._context.local_time().timestamp()


def _seconds(slots: Mapping[str, Any], prefix: str = "") -> float:
    return float(sum(slots.get(prefix + unit, 0) * factor for unit, factor in _UNITS.items()))


def _matching(timers: Book, slots: Mapping[str, Any]) -> list[Timer]:
    """The timers of the name or length in the slots; without either, all."""
    found = list(timers)
    if "name" in slots:
        said = _ARTICLE.sub("", str(slots["name"]))
        return [timer for timer in found if fuzz.ratio(timer.name, said) >= _SAME_NAME]
    if length_s := _seconds(slots, "start_"):
        return [timer for timer in found if timer.length_s == length_s]
    return found


def _none(slots: Mapping[str, Any]) -> str:
    if "name" in slots:
        return f"There is no {slots['name']} timer."
    return "No such timer is running." if _seconds(slots, "start_") else "No timer is running."


def _done(reply: str) -> Outcome:
    return Outcome(success=True, reply=reply)


def _failed(reply: str) -> Outcome:
    return Outcome(success=False, reply=reply)


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    return Timers(context)
