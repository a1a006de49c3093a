"""Timers in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from .book import Timer, TimerKind

_MINUTE, _HOUR = 60, 3600
_WEEK = 7
_ARTICLE = re.compile(r"^(a|an|the|my|your) ")
_NO_NAMES = frozenset(
    {"another", "second", "third", "fourth", "new", "different", "one more", "other", "extra"}
)
"""What tells a timer from others when it is set; it is no name for later."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_PLURALS = {
    TimerKind.TIMER: "timers",
    TimerKind.ALARM: "alarms",
    TimerKind.REMINDER: "reminders",
    TimerKind.COMMAND: "commands for later",
}


def plain_name(said: str) -> str:
    """A timer's name as it was said, without article; empty for "another", "a second"."""
    name = _ARTICLE.sub("", said)
    return "" if name in _NO_NAMES else name


def a(called: str) -> str:
    """With the article that its first letter wants: "an egg timer"."""
    return f"{'an' if called[0] in 'aeiou' else 'a'} {called}"


def duration(seconds: float) -> str:
    """Such as "1 hour and 5 minutes"; seconds are left out where hours are given."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    parts = [counted(hours, "hour"), counted(minutes, "minute")]
    if not hours:
        parts.append(counted(left, "second"))
    return " and ".join(filter(None, parts)) or "0 seconds"


def counted(count: int, unit: str) -> str:
    """Such as "1 hour" or "2 hours"; nothing for none."""
    return f"{count} {unit}{'' if count == 1 else 's'}" if count else ""


def called(timer: Timer) -> str:
    """Such as "pizza timer", "10 minutes timer", "alarm for 7:00"."""
    if timer.kind is TimerKind.COMMAND:
        return f"command: {timer.command}"
    if timer.kind is TimerKind.REMINDER:
        return f"reminder: {timer.reminder}"
    if timer.kind is TimerKind.ALARM:
        return f"{timer.name} alarm".strip()
    return f"{timer.name or duration(timer.length_s)} timer"


def told_apart(timers: Sequence[Timer]) -> list[str]:
    """What timers are called; where that is the same, by the order in which they were set."""
    names = [_called_with_time(timer) for timer in timers]
    result = []
    for timer, name in zip(timers, names, strict=True):
        same = sorted(other.id for other, its in zip(timers, names, strict=True) if its == name)
        place = same.index(timer.id)
        told = len(same) > 1 and place < len(_ORDINALS)
        result.append(f"{_ORDINALS[place]} {name}" if told else name)
    return result


def _called_with_time(timer: Timer) -> str:
    if timer.kind is TimerKind.ALARM and timer.moment is not None:
        return f"{called(timer)} at {clock_time(timer.moment)}"
    return called(timer)


def one_of(names: Sequence[str]) -> str:
    """The timers to choose from, as they are told apart."""
    return " or ".join(f"the {name}" for name in names)


def left(timer: Timer, name: str, left_s: float, now: datetime) -> str:
    """Such as "4 minutes left on your pizza timer", "your alarm is set for 7:00 tomorrow"."""
    paused = ", which is paused" if timer.paused_at_s is not None else ""
    when = at_time(timer.moment, now) if timer.moment else ""
    if timer.kind is TimerKind.ALARM and when:
        return f"your {called(timer)} is set for {when}"
    if timer.kind in (TimerKind.REMINDER, TimerKind.COMMAND):
        begins = f"at {when}" if when else f"in {duration(left_s)}"
        return f"{begins}: {timer.reminder or timer.command}"
    return f"{duration(left_s)} left on your {name}{paused}"


def over(timer: Timer) -> str:
    """What is said when it rings."""
    if timer.kind is TimerKind.REMINDER:
        return f"Reminder: {timer.reminder}."
    if timer.kind is TimerKind.ALARM and timer.moment is not None:
        return f"Your {called(timer)}: it is {clock_time(timer.moment)}."
    return f"Your {called(timer)} is done."


def missed(timer: Timer, ended: datetime) -> str:
    """What is said of one that ended while Hearth was off."""
    if timer.kind is TimerKind.COMMAND:
        what = f"{timer.command}: this was due"
    elif timer.kind is TimerKind.REMINDER:
        what = f"Reminder: {timer.reminder}. This was due"
    else:
        what = f"Your {called(timer)} ended"
    return f"{what} at {clock_time(ended)}, while I was off."


def none_of(kind: str) -> str:
    """That there is none of a kind."""
    if kind == TimerKind.TIMER:
        return "No timer is running."
    if kind in _PLURALS:
        return f"There are no {_PLURALS[TimerKind(kind)]}."
    return "Nothing is set."


def clock_time(moment: datetime) -> str:
    """Such as "7:00"."""
    return f"{moment.hour}:{moment.minute:02}"


def at_time(moment: datetime, now: datetime) -> str:
    """Such as "7:00", "7:00 tomorrow", "7:00 on Monday"."""
    days = (moment.date() - now.date()).days
    if days <= 0:
        return clock_time(moment)
    if days == 1:
        return f"{clock_time(moment)} tomorrow"
    day = f"{moment:%A}" if days < _WEEK else f"{moment:%A, %B} {moment.day}"
    return f"{clock_time(moment)} on {day}"
