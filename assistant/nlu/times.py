"""Times of day, spoken or written, as sentence templates read them: `HHMM oclock`, then the day.

"half past six" is `0630 oclock`, "tomorrow at seven in the evening" `at 1900 oclock tomorrow`.
Where an hour up to twelve is sure, `am` or `pm` stands behind it: "six in the morning" is
`0600 oclock am`, noon `1200 oclock pm`. A bare number is a time only where a day or a part of the
day follows or leads: whether "at nine" is one, the sentence around it has to tell. What would be a
time if there were such an hour or minute, "25 o'clock", is written as one, for whoever says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.nlu.numbers import UNITS, read_below_hundred, word_at

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NOON, _HOURS, _MINUTES = 12, 24, 60
_TWO_DIGITS = 100
_HALF_HOUR = 30
_QUARTERS = {"quarter": 15, "half": 30}
_PAST = frozenset({"past", "after"})
_TO = frozenset({"to", "till", "til", "of", "before"})
_PAST_NIGHT = 5
"""Up to this hour "at night" means the small hours."""
_NAMED = {"noon": _NOON, "midday": _NOON, "midnight": 0}
TIME_WORDS = frozenset({*_QUARTERS, *_NAMED, "second"})
"""One of these, or a number, is in every time of day."""
_BEFORE_TIME = frozenset(
    {"at", "for", "until", "till", "by", "from", "around", "to", "alarm", "up", "me", "us"}
)
_AFTER_TIME = frozenset({"", "in", "this", "on", "tomorrow", "today", "tonight", "at", *WEEKDAYS})
"""What may follow "five to ten", which otherwise is a range of numbers."""
_UNITS_OF_NUMBERS = frozenset(
    {"percent", "degree", "degrees", "hour", "hours", "minute", "minutes", "second", "seconds"}
)
OH = frozenset({"oh", "o"})
_ZERO = OH | {"zero"}
_ORDERED = frozenset({"timer", "alarm", "reminder", "one"})


@dataclass(frozen=True, slots=True)
class _Clock:
    """A time of day as far as it was read; `sure` where it can be no other half of the day."""

    hour: int
    minute: int
    sure: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the day, a day, or both."""

    half: Callable[[int], int] | None = None
    """The hour of 24 from the one that was said."""
    day: str = ""


def _morning(hour: int) -> int:
    return hour % _NOON


def _afternoon(hour: int) -> int:
    return hour % _NOON + _NOON


def _night(hour: int) -> int:
    small = hour % _NOON
    return small if small < _PAST_NIGHT else small + _NOON


_HALVES: Mapping[str, Callable[[int], int]] = {
    "am": _morning,
    "a m": _morning,
    "in the morning": _morning,
    "pm": _afternoon,
    "p m": _afternoon,
    "in the afternoon": _afternoon,
    "in the evening": _afternoon,
    "at night": _night,
}
_PARTS_OF_DAY = {
    "morning": _morning,
    "afternoon": _afternoon,
    "evening": _afternoon,
    "night": _night,
}


def _parts() -> dict[tuple[str, ...], _Part]:
    found = {tuple(words.split()): _Part(half) for words, half in _HALVES.items()}
    found["tonight",] = _Part(_night, "tonight")
    found["today",] = _Part(day="today")
    days = {("tomorrow",): "tomorrow", ("the", "day", "after", "tomorrow"): "day after tomorrow"}
    days |= {("on", day): day for day in WEEKDAYS} | {(day,): day for day in WEEKDAYS}
    days |= {("next", day): day for day in WEEKDAYS}
    for name, half in _PARTS_OF_DAY.items():
        found["this", name] = _Part(half, "today")
        found["in", "the", name] = _Part(half)
        found |= {(*words, name): _Part(half, day) for words, day in days.items()}
    return found | {words: _Part(day=day) for words, day in days.items()}


_PARTS = _parts()
_LONGEST_PART = max(map(len, _PARTS))
_LONGEST_BEFORE_HOUR = 4
"""How many words of a time stand before its hour: "twenty five minutes past"."""


def read_time(words: Sequence[str], start: int) -> tuple[str, int] | None:
    """The time of day that begins at `start`, and how many words it takes; None if none does."""
    if words[start : start + 2] == ["a", "second"] and word_at(words, start + 2) in _ORDERED:
        return "a second", 2  # the timer after the first, no length
    return _day_first(words, start) or _clock_first(words, start)


def is_within_time(words: Sequence[str], at: int) -> bool:
    """Whether a place between words is within a time such as "half past seven"."""
    starts = range(max(0, at - _LONGEST_BEFORE_HOUR), at)
    return any((read := _past_or_to(words, start)) and read[1] > at for start in starts)


def _day_first(words: Sequence[str], start: int) -> tuple[str, int] | None:
    """Read "tomorrow morning at seven", "tonight at half past nine", "tomorrow 7 am"."""
    parts, position = _parts_from(words, start)
    said_at = word_at(words, position) == "at"
    if not parts:
        return None
    sure = _clock(words, position + said_at, bare=False)
    read = sure or _clock(words, position + said_at, bare=True)
    if read is None:
        return None
    clock, end = read
    more, end = _parts_from(words, end)
    parts += more
    if sure is None and not said_at and not any(part.half for part in parts):
        return None
    return "at " * said_at + _written(clock, parts), end - start


def _clock_first(words: Sequence[str], start: int) -> tuple[str, int] | None:
    """Read "seven in the morning on Monday", "half past six", "noon tomorrow"."""
    position = start + (words[start] == "a")
    expected = start > 0 and words[start - 1] in _BEFORE_TIME
    read = _clock(words, position, bare=False)
    bare = read is None
    if read is None:
        read = _clock(words, position, bare=True)
    if read is None:
        return None
    clock, end = read
    digits = not bare and _are_digits(words[position:end])
    parts, end = _parts_from(words, end)
    halves = any(part.half for part in parts)
    # "Five oh five" may be a number that is spelt out.
    if (bare and not (halves or (parts and expected))) or (digits and not (halves or expected)):
        return None
    return _written(clock, parts), end - start


def _parts_from(words: Sequence[str], start: int) -> tuple[list[_Part], int]:
    """The parts of the day and days that follow each other from `start` on, and where they end."""
    found: list[_Part] = []
    while (part := _part_at(words, start)) is not None:
        found.append(part[0])
        start += part[1]
    return found, start


def _part_at(words: Sequence[str], start: int) -> tuple[_Part, int] | None:
    for length in range(_LONGEST_PART, 0, -1):
        part = _PARTS.get(tuple(words[start : start + length]))
        if part is not None:
            return part, length
    return None


def _written(clock: _Clock, parts: Sequence[_Part]) -> str:
    hour, sure = clock.hour, clock.sure
    day = next((part.day for part in parts if part.day), "")
    half = next((part.half for part in parts if part.half), None)
    if half is not None and not sure:
        hour, sure = half(hour), True
    if day == "tonight":
        day = "today" if hour >= _PAST_NIGHT else ""  # the small hours are of another date
    mark = ("am" if hour < _NOON else "pm") if sure and 0 < hour <= _NOON else ""
    return " ".join(filter(None, (f"{hour:02}{clock.minute:02} oclock", mark, day)))


def _clock(words: Sequence[str], position: int, *, bare: bool) -> tuple[_Clock, int] | None:
    """A clock time and where it ends; `bare`: a number alone is one."""
    return (
        _past_or_to(words, position)
        or _named(words, position)
        or _with_minutes(words, position, bare=bare)
    )


def _named(words: Sequence[str], position: int) -> tuple[_Clock, int] | None:
    """Read "noon", "twelve noon", "midnight"."""
    twelve = word_at(words, position) in {"twelve", "12"}
    hour = _NAMED.get(word_at(words, position + twelve))
    return None if hour is None else (_Clock(hour, 0, sure=True), position + twelve + 1)


def _past_or_to(words: Sequence[str], position: int) -> tuple[_Clock, int] | None:
    """Read "half past six", "ten to 8", "quarter to midnight"."""
    minute, at = _QUARTERS.get(word_at(words, position)), position + 1
    if minute is None:
        number = _below(words, position, _MINUTES)
        if number is None or not number[0]:
            return None
        minute, at = number
        at += word_at(words, at) in {"minutes", "minute"}
    side = word_at(words, at)
    hour = _named(words, at + 1) or _whole_hour(words, at + 1)
    if side not in _PAST | _TO or hour is None:
        return None
    clock, end = hour
    if side in _PAST:
        return replace(clock, minute=minute), end
    # "five to ten percent" and "to ten degrees" are ranges of numbers, not times.
    ends = word_at(words, end) in _AFTER_TIME or _part_at(words, end) is not None
    if minute > _HALF_HOUR or not ends:
        return None
    before = (clock.hour - 1) % _HOURS if clock.sure else (clock.hour - 1) % _NOON or _NOON
    return replace(clock, hour=before, minute=_MINUTES - minute), end


def _whole_hour(words: Sequence[str], position: int) -> tuple[_Clock, int] | None:
    number = _below(words, position, _NOON + 1)
    return (_Clock(number[0], 0), number[1]) if number and number[0] else None


def _with_minutes(words: Sequence[str], position: int, *, bare: bool) -> tuple[_Clock, int] | None:
    """Read "six o'clock", "six oh five", "19:30", and with a part of the day "six thirty"."""
    word = word_at(words, position)
    if word[:-2].isdecimal() and word[-2:] in {"am", "pm"}:  # written together
        words = [*words[:position], word[:-2], word[-2:], *words[position + 1 :]]
        read = _with_minutes(words, position, bare=True)
        if read is None or read[1] != position + 1:
            return None
        half = _HALVES[word[-2:]]
        return replace(read[0], hour=half(read[0].hour), sure=True), position + 1
    number = _below(words, position, _TWO_DIGITS)
    if number is None:
        return None
    hour, at = number
    clock = _Clock(hour, 0, sure=not 0 < hour <= _NOON or word.startswith("0"))
    if word_at(words, at) in {"o'clock", "oclock"}:
        return clock, at + 1
    minute, end, certain = _minute(words, at)
    possible = hour < _HOURS or _are_pair(words[position:end])
    if not (possible and (certain or bare)) or word_at(words, end) in _UNITS_OF_NUMBERS:
        return None
    return replace(clock, minute=minute), end


def _minute(words: Sequence[str], at: int) -> tuple[int, int, bool]:
    """The minutes at a place, where they end, and whether they can be nothing else."""
    word, following = word_at(words, at), UNITS.get(word_at(words, at + 1), 0)
    if word in _ZERO and 0 < following < 10:  # noqa: PLR2004
        return following, at + 2, True
    certain = _are_pair(words[at - 1 : at + 1])
    number = _below(words, at, _TWO_DIGITS if certain else _MINUTES)
    return (number[0], number[1], certain) if number else (0, at, False)


def _are_pair(words: Sequence[str]) -> bool:
    """Whether an hour and minutes are written: "7 05", of "7:05"."""
    hour, minute = [*words[:2], "", ""][:2]
    return hour.isdecimal() and minute.isdecimal() and len(minute) == 2  # noqa: PLR2004


def _are_digits(words: Sequence[str]) -> bool:
    """Whether a time is spelt by its digits alone: "six oh five", "6 05"."""
    return all(word in _ZERO or word.isdecimal() or word in UNITS for word in words)


def _below(words: Sequence[str], position: int, limit: int) -> tuple[int, int] | None:
    """The number below `limit` at a place, and where it ends."""
    word = word_at(words, position)
    number = (int(word), 1) if word.isdecimal() else read_below_hundred(words, position)
    return (number[0], position + number[1]) if number and number[0] < limit else None
