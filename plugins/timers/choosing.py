"""Which timers a sentence means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rapidfuzz import fuzz

from .book import Timer, TimerKind
from .when import falls_on, has_time, times
from .wording import plain_name

ANY = "any"
_SAME = 75
_UNITS = {"hours": 3600, "minutes": 60, "seconds": 1}


def seconds(slots: Mapping[str, Any], prefix: str = "") -> float:
    """The length of time in the slots."""
    return float(sum(slots.get(prefix + unit, 0) * factor for unit, factor in _UNITS.items()))


def matching(timers: Iterable[Timer], slots: Mapping[str, Any], now: datetime) -> list[Timer]:
    """The timers of the kind, name, length, time, day and place in the order that the slots say."""
    kind = str(slots.get("kind", TimerKind.TIMER))
    found = [timer for timer in timers if kind in (ANY, timer.kind)]
    if "name" in slots:
        said = plain_name(str(slots["name"]))
        found = [timer for timer in found if fuzz.ratio(timer.name, said) >= _SAME]
    if "reminder" in slots:
        said = str(slots["reminder"])
        found = [timer for timer in found if fuzz.token_set_ratio(timer.reminder, said) >= _SAME]
    if length_s := seconds(slots, "start_"):
        found = [timer for timer in found if timer.length_s == length_s]
    if has_time(slots):
        found = [timer for timer in found if _ends_at(timer, slots)]
    if day := str(slots.get("day", "")):
        found = [each for each in found if each.moment and falls_on(each.moment, day, now)]
    return _by_order(found, int(slots.get("ordinal", 0)))


def in_turn(timer: Timer) -> tuple[str, int]:
    """Sorts what ends at a time of day by that, else by when it was set."""
    return timer.at or "", timer.id


def _ends_at(timer: Timer, slots: Mapping[str, Any]) -> bool:
    moment = timer.moment
    return moment is not None and (moment.hour, moment.minute) in times(slots)


def _by_order(timers: list[Timer], ordinal: int) -> list[Timer]:
    """The first, second ... of those that were set, or the last; all for no such word."""
    if not ordinal:
        return timers
    in_order = sorted(timers, key=lambda timer: timer.id)
    position = ordinal - 1 if ordinal > 0 else len(in_order) + ordinal
    return in_order[position : position + 1] if position >= 0 else []
