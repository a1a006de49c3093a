"""From a sentence's time of day to a date and time of the wall clock."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from assistant.nlu.times import WEEKDAYS

from .book import TimerKind

_NOON, _HOURS, _MINUTES, _WEEK = 12, 24, 60, 7
_EARLY, _LATE = 5, 12
"""An alarm for half past six is for the morning; one for half past two may be for a nap."""
_AWAKE = 6
"""Before this hour there are no reminders, unless the half of the day was said."""
_DAYS = {"today": 0, "tomorrow": 1, "day after tomorrow": 2}
_SLOTS = frozenset({"clock_time", "clock_hour", "waking_hour"})
_RECURRING = re.compile(
    r"\b(every|each)( other| single| [0-9]+)? "
    rf"(minute|hour|day|night|morning|afternoon|evening|week|month|year|{'|'.join(WEEKDAYS)})\w*"
    r"|\b(hourly|daily|nightly|weekly|monthly)\b"
    r"|\b(every|each)$"  # "every Sunday at six", of which the time is read by itself
)
_CLOCK_SET_SINCE = 2024
"""A clock that shows an earlier year has not been set since the device was started."""


def recurring(text: str) -> str | None:
    """The words of a text that ask for more than one time, such as "every morning"."""
    found = _RECURRING.search(text)
    return found and found[0]


def has_time(slots: Mapping[str, Any]) -> bool:
    """Whether the sentence had a time of day."""
    return bool(_SLOTS & slots.keys())


def is_of_day(slots: Mapping[str, Any]) -> bool:
    """Whether the day has such a time: none has 25 o'clock, or 7:75."""
    return _minute(slots) < _MINUTES and max(_hours(slots, alarm=False)) < _HOURS


def clock_is_set(now: datetime) -> bool:
    """Whether the device knows what time it is."""
    return now.year >= _CLOCK_SET_SINCE


def moment(slots: Mapping[str, Any], now: datetime, kind: TimerKind) -> datetime | None:
    """The time meant, as the wall clock will show it; None if it is past on the day named.

    Without a day it is the next such time to come, of both halves of the day where the sentence
    does not say which.
    """
    now = now.replace(tzinfo=None)
    alarm = kind is TimerKind.ALARM
    hours, minute = _hours(slots, alarm=alarm), _minute(slots)
    if kind is TimerKind.REMINDER and len(hours) > 1 and now.hour >= _AWAKE:
        hours = [hour for hour in hours if hour >= _AWAKE]
    day = str(slots.get("day", ""))
    if day in {"", "today"}:
        days: Sequence[int] = (0,) if day else (0, 1)
    else:
        hours, days = [_likelier(hours, alarm=alarm)], _days_to(day, now)
    found = [_on(now, ahead, hour, minute) for ahead in days for hour in hours]
    return min((at for at in found if at > now), default=None)


def falls_on(at: datetime, day: str, now: datetime) -> bool:
    """Whether a time is on a day that was named."""
    return (at.date() - now.date()).days in _days_to(day, now)


def times(slots: Mapping[str, Any]) -> set[tuple[int, int]]:
    """The hours and minutes that a sentence's time of day may mean."""
    return {(hour, _minute(slots)) for hour in _hours(slots, alarm=False)}


def _hours(slots: Mapping[str, Any], *, alarm: bool) -> list[int]:
    if "waking_hour" in slots:
        return [int(slots["waking_hour"])]
    clock_time = slots.get("clock_time")
    hour = int(slots["clock_hour"] if clock_time is None else clock_time // 100)
    morning = alarm and clock_time is not None and _EARLY <= hour <= _LATE
    if "half" in slots or not 0 < hour <= _NOON or morning:
        return [hour]
    return [hour % _NOON, hour % _NOON + _NOON]


def _minute(slots: Mapping[str, Any]) -> int:
    if "clock_time" in slots:
        return int(slots["clock_time"]) % 100
    return int(slots.get("clock_minute", 0))


def _likelier(hours: Sequence[int], *, alarm: bool) -> int:
    """Of both halves of another day: no reminder is meant for three in the night."""
    early = hours[0] >= _AWAKE or (alarm and hours[0])
    return hours[0] if early or len(hours) == 1 else hours[1]


def _days_to(day: str, now: datetime) -> Sequence[int]:
    if day in _DAYS:
        return (_DAYS[day],)
    ahead = (WEEKDAYS.index(day) - now.weekday()) % _WEEK
    return (ahead, ahead + _WEEK)


def _on(now: datetime, days: int, hour: int, minute: int) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=days, hours=hour, minutes=minute)
