"""Timers in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from plugins.timers.book import Timer

_MINUTE, _HOUR = 60, 3600


def duration(seconds: float) -> str:
    """Such as "1 hour and 5 minutes"; seconds are left out where hours are given."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    parts = [_counted(hours, "hour"), _counted(minutes, "minute")]
    if not hours:
        parts.append(_counted(left, "second"))
    return " and ".join(filter(None, parts)) or "0 seconds"


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}" if count else ""


def called(timer: Timer) -> str:
    """Such as "pizza timer" or "10 minutes timer"."""
    if timer.is_alarm:
        return f"{timer.name} alarm".strip()
    return f"{timer.name or duration(timer.length_s)} timer"


def left(timer: Timer, now_s: float) -> str:
    """Such as "4 minutes are left on your pizza timer"."""
    rest = duration(timer.left_s(now_s))
    paused = ", which is paused" if timer.paused_at_s is not None else ""
    return f"{rest} left on your {called(timer)}{paused}"


def one_of(timers: Iterable[Timer]) -> str:
    """The timers to choose from."""
    return " or ".join(f"the {called(timer)}" for timer in timers)


def at_time(moment: datetime, now: datetime) -> str:
    """Such as "7:00 tomorrow"."""
    day = "" if moment.date() == now.date() else " tomorrow"
    return f"{moment.hour}:{moment.minute:02}{day}"
