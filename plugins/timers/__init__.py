"""Timers, alarms, reminders and commands for later; they survive a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from assistant.home.players import one_plays
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import COMMAND
from assistant.plugins import Asks, Outcome, Plugin, PluginContext

from .book import Book, Timer, TimerKind
from .choosing import ANY, in_turn, matching, seconds
from .later import UNCLEAR, End, Later, end_of
from .waiting import RunningTimers
from .when import has_time, recurring
from .wording import (
    a,
    called,
    counted,
    duration,
    left,
    missed,
    none_of,
    one_of,
    over,
    plain_name,
    told_apart,
)

STOP = "HearthStop"
"""The intent of "stop" and "be quiet", which name nothing."""
SNOOZE = "HearthSnooze"
"""The intent of "snooze", for what rings."""
_HOW_LONG = "For how long?"
_RINGS = 3
_BETWEEN_RINGS_S = 10.0
_SNOOZED_S = 600.0
"""So long it is quiet after "snooze"."""


class Timers:
    """Keeps the timers and says when one is over."""

    name = "timers"

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        folder = context.state_folder
        self._book = Book(folder / "timers.json" if folder else None)
        self._running = RunningTimers(context.clock, context.local_time, self._book, self._over)
        self._later = Later(context, self._keep)
        self._ringing: dict[int, Timer] = {}
        self._carry_out: Mapping[str, Callable[[Interpretation], Outcome]] = {
            "HassStartTimer": self._start,
            "HearthRemind": self._remind,
            "HassCancelTimer": self._cancel,
            "HassCancelAllTimers": self._cancel_all,
            "HassIncreaseTimer": self._increase,
            "HassDecreaseTimer": self._decrease,
            "HassPauseTimer": self._pause,
            "HassUnpauseTimer": self._resume,
            "HassTimerStatus": self._status,
            SNOOZE: self._snooze,
        }

    def intents(self) -> Sequence[str]:
        """All of Home Assistant's timer intents, reminders, "snooze", and "stop"."""
        return (*self._carry_out, STOP)

    def rings(self) -> bool:
        """Whether something rings now, which "stop" alone ends."""
        return bool(self._ringing)

    async def start(self) -> None:
        """Wait for the timers of before."""
        for timer in self._book:
            self._running.go_on(timer)

    async def close(self) -> None:
        """Stop waiting; the timers stay in the book."""
        await self._running.close()

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch."""

    async def lacks(self, interpretation: Interpretation) -> str:
        """The time, where only "later" or "in the morning" was said of what can wait."""
        slots = interpretation.slots
        if "unclear" not in slots or recurring(str(slots.get("reminder", ""))):
            return ""
        if COMMAND in slots and not await self._later.can_wait(interpretation):
            return ""
        return UNCLEAR

    async def doubt(self, interpretation: Interpretation) -> str:
        """What has to be answered with yes before a command for later is taken."""
        if COMMAND not in interpretation.slots:
            return ""
        return await self._later.doubt(interpretation)

    async def is_untimely(self, interpretation: Interpretation) -> bool:
        """Whether it is to snooze where nothing rings, or to stop where nothing plays either."""
        if interpretation.intent == SNOOZE:
            return not self._ringing
        if interpretation.intent != STOP or self._ringing:
            return False
        home = self._context.home
        players = (device.id for device in home.devices() if device.domain == "media_player")
        return "playback" not in interpretation.slots or not await one_plays(home, players)

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Do what the intent says."""
        if interpretation.intent == STOP:
            return await self._stop(interpretation.slots)
        if COMMAND in interpretation.slots:
            return await self._later.take(interpretation)
        return self._carry_out[str(interpretation.intent)](interpretation)

    def _start(self, meant: Interpretation) -> Outcome:
        name = plain_name(str(meant.slots.get("name", "")))
        if has_time(meant.slots):
            return self._start_alarm(name, meant.slots)
        length_s = seconds(meant.slots)
        if not length_s:
            return _failed(UNCLEAR if meant.slots.get("kind") == TimerKind.ALARM else _HOW_LONG)
        self._set(End(length_s), name=name)
        return _done(f"Started {a(f'{name} timer'.strip())} for {duration(length_s)}.")

    def _start_alarm(self, name: str, slots: Mapping[str, Any]) -> Outcome:
        now = self._context.local_time()
        end = end_of(slots, now, TimerKind.ALARM)
        if isinstance(end, str):
            return _failed(end)
        self._set(end, name=name, is_alarm=True)
        return _done(f"Set an alarm for {end.words(now).removeprefix('At ')}.")

    def _remind(self, meant: Interpretation) -> Outcome:
        reminder = str(meant.slots["reminder"])
        if (again := recurring(reminder)) is not None:
            return _failed(f'I can remind you only once. Say it without "{again}".')
        now = self._context.local_time()
        end = end_of(meant.slots, now, TimerKind.REMINDER)
        if isinstance(end, str):
            return _failed(end)
        self._set(end, reminder=reminder)
        when = end.words(now)
        return _done(f"{when} I will remind you: {reminder}.")

    def _keep(self, end: End, command: str, sure: bool) -> Timer:
        return self._set(end, command=command, sure=sure)

    def _set(self, end: End, **what: Any) -> Timer:  # noqa: ANN401 - fields of a timer
        what.setdefault("name", "")
        timer = Timer(0, length_s=end.in_s, ends_at_s=self._running.now_s() + end.in_s, **what)
        if end.at is not None:
            timer = replace(timer, at=end.at.isoformat())
        timer = self._book.add(timer)
        self._running.begin(timer)
        return timer

    async def _stop(self, slots: Mapping[str, Any]) -> Outcome:
        """End what rings, and what is being said; where it is quiet, what plays in the home."""
        silenced = self._context.hush()
        if self._ringing:
            self._end_ringing()
            return _done("Okay.")
        if silenced:
            return _done("")
        if "playback" in slots:
            return await self._context.carry_out("pause the music")
        return _done("Okay.")

    def _end_ringing(self) -> None:
        for timer in list(self._ringing.values()):
            self._end(timer)

    def _snooze(self, meant: Interpretation) -> Outcome:
        """Let what rings ring again after some time."""
        if not self._ringing:
            return _failed("Nothing rings now.")
        self._context.hush()
        ringing, length_s = list(self._ringing.values()), seconds(meant.slots) or _SNOOZED_S
        self._end_ringing()
        now = self._context.local_time().replace(tzinfo=None)
        for timer in ringing:
            at = now + timedelta(seconds=length_s) if timer.at else None
            what = {"name": timer.name, "is_alarm": timer.is_alarm, "reminder": timer.reminder}
            self._set(End(length_s, at), **what)
        return _done(f"I will ring again in {duration(length_s)}.")

    def _cancel(self, meant: Interpretation) -> Outcome:
        if self._ringing and not meant.slots.keys() - {"kind"}:
            self._context.hush()
            self._end_ringing()
            return _done("Okay.")
        return self._with_one(meant, self._cancelled)

    def _cancelled(self, timer: Timer) -> str:
        self._end(timer)
        return f"Cancelled your {called(timer)}."

    def _cancel_all(self, meant: Interpretation) -> Outcome:
        timers = self._matching(self._book, meant.slots)
        if self._ringing:
            self._context.hush()
            self._end_ringing()
        for timer in timers:
            self._end(timer)
        kind = str(meant.slots.get("kind", TimerKind.TIMER))
        if not timers:
            return _failed(none_of(kind))
        return _done(f"Cancelled {counted(len(timers), 'timer' if kind == ANY else kind)}.")

    def _increase(self, meant: Interpretation) -> Outcome:
        if self._ringing and not self._matching(self._book, meant.slots):
            return self._snooze(meant)
        return self._with_one(meant, lambda timer: self._moved(timer, seconds(meant.slots)))

    def _decrease(self, meant: Interpretation) -> Outcome:
        return self._with_one(meant, lambda timer: self._moved(timer, -seconds(meant.slots)))

    def _moved(self, timer: Timer, by_s: float) -> str:
        self._change(self._running.synced(timer).moved(by_s))
        change = f"{'Added' if by_s > 0 else 'Took'} {duration(abs(by_s))}"
        rest = duration(self._running.left_s(self._book[timer.id]))
        return f"{change} {'to' if by_s > 0 else 'off'} your {called(timer)}; {rest} left."

    def _pause(self, meant: Interpretation) -> Outcome:
        return self._with_one(meant, self._paused)

    def _paused(self, timer: Timer) -> str:
        self._change(self._running.synced(timer).paused(self._running.now_s()))
        return f"Paused your {called(timer)}."

    def _resume(self, meant: Interpretation) -> Outcome:
        return self._with_one(meant, self._resumed)

    def _resumed(self, timer: Timer) -> str:
        self._change(timer.resumed(self._running.now_s()))
        return f"Your {called(timer)} runs again."

    def _status(self, meant: Interpretation) -> Outcome:
        timers = self._matching(self._book, meant.slots)
        if not timers:
            return _failed(_none(meant.slots))
        now = self._context.local_time()
        said = "; ".join(
            left(timer, name, self._running.left_s(timer), now)
            for timer, name in zip(timers, told_apart(timers), strict=True)
        )
        return _done(f"{said[:1].upper()}{said[1:]}.")

    def _matching(self, timers: Iterable[Timer], slots: Mapping[str, Any]) -> list[Timer]:
        return matching(timers, slots, self._context.local_time())

    def _with_one(self, meant: Interpretation, change: Callable[[Timer], str]) -> Outcome:
        """Change the timer that is meant; ask if several may be, say so if none is there.

        Who was asked means those that they named, as they were told apart.
        """
        timers = sorted(self._matching(self._book, meant.slots), key=in_turn)
        if not timers:
            return _failed(_none(meant.slots))
        names = told_apart(timers)
        if meant.targets:
            named = dict(zip(names, timers, strict=True))
            timers = [named[name] for name in meant.targets if name in named]
            return _done(" ".join(map(change, timers))) if timers else _failed(_none(meant.slots))
        if len(timers) == 1:
            return _done(change(timers[0]))
        reply = f"Which one do you mean: {one_of(names)}?"
        return replace(_failed(reply, Asks.WHICH), targets=tuple(names))

    def _change(self, timer: Timer) -> None:
        self._book.put(timer)
        self._running.begin(timer)

    def _end(self, timer: Timer) -> None:
        self._book.remove(timer)
        self._ringing.pop(timer.id, None)
        self._running.cancel(timer)

    async def _over(self, timer: Timer, was_missed: bool) -> None:
        self._book.remove(timer)
        if was_missed:
            self._context.announce(missed(timer, self._ended(timer)))
        elif timer.command:
            context = self._context
            carry_out = context.carry_out_confirmed if timer.sure else context.carry_out
            self._context.announce((await carry_out(timer.command)).reply)
        else:
            await self._ring_until_stopped(timer)

    def _ended(self, timer: Timer) -> datetime:
        zone = self._context.local_time().tzinfo
        return timer.moment or datetime.fromtimestamp(timer.ends_at_s, zone)

    async def _ring_until_stopped(self, timer: Timer) -> None:
        self._ringing[timer.id] = timer
        for ring in range(_RINGS):
            if ring:
                await self._context.clock.sleep(_BETWEEN_RINGS_S)
            self._context.announce(over(timer))
        await self._context.clock.sleep(_BETWEEN_RINGS_S)
        self._ringing.pop(timer.id, None)


def _none(slots: Mapping[str, Any]) -> str:
    if "name" in slots:
        return f"There is no {plain_name(str(slots['name']))} timer."
    if slots.keys() - {"kind"}:
        kind = str(slots.get("kind", TimerKind.TIMER))
        return (
            "No such timer is running." if kind == TimerKind.TIMER else f"There is no such {kind}."
        )
    return none_of(str(slots.get("kind", TimerKind.TIMER)))


def _done(reply: str) -> Outcome:
    return Outcome(success=True, reply=reply)


def _failed(reply: str, asks: Asks = Asks.NOTHING) -> Outcome:
    asks = Asks.MORE if reply in (_HOW_LONG, UNCLEAR) else asks
    return Outcome(success=False, reply=reply, asks=asks)


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    return Timers(context)
