"""Rewrites numbers, durations and times of day that were spoken as words to digits.

"twenty one and a half" becomes `21.5`, "an hour and a half" `1 hour 30 minutes`, "half past six"
`0630 oclock`, so that sentence templates need to know digits only.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.numbers import read_below_hundred, read_number, read_whole, word_at
from assistant.nlu.tokens import Token

_SMALLER_UNIT = {"hour": "minutes", "minute": "seconds"}
_QUARTERS = {"quarter": 15, "half": 30}
_HOURS_OF_CLOCK = 12
_MINUTES_OF_HOUR = 60
_UNITS_OF_TIME = frozenset({"hour", "minute", "second"})


def with_digits(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with numbers, parts of hours and times of day as digits."""
    words = [token.text for token in tokens]
    result: list[Token] = []
    position = 0
    while position < len(words):
        text, used = (
            _clock_time(words, position)
            or _duration(words, position)
            or _number(words, position)
            or (words[position], 1)
        )
        spoken = tuple(
            word for token in tokens[position : position + used] for word in token.spoken
        )
        parts = text.split()
        result.append(Token(parts[0], spoken))
        result.extend(Token(part, ()) for part in parts[1:])
        position += used
    return result


def _number(words: Sequence[str], start: int) -> tuple[str, int] | None:
    number = read_number(words, start)
    return (f"{number[0]:g}", number[1]) if number else None


_FIXED_DURATIONS = {
    ("half", "an", "hour"): "30 minutes",
    ("half", "a", "minute"): "30 seconds",
    ("a", "quarter", "of", "an", "hour"): "15 minutes",
    ("three", "quarters", "of", "an", "hour"): "45 minutes",
}


def _duration(words: Sequence[str], start: int) -> tuple[str, int] | None:
    """Durations that are not number and unit: "half an hour", "an hour and a half"."""
    for phrase, text in _FIXED_DURATIONS.items():
        if tuple(words[start : start + len(phrase)]) == phrase:
            return text, len(phrase)
    if words[start] in {"a", "an"} and word_at(words, start + 1) in _UNITS_OF_TIME:
        unit = words[start + 1]
        return _and_a_half(words, start + 2, f"1 {unit}", unit, 2)
    number = read_whole(words, start)
    if number is None:
        return None
    value, used = number
    unit = word_at(words, start + used).removesuffix("s")
    if unit in _SMALLER_UNIT:
        return _and_a_half(words, start + used + 1, f"{value} {unit}s", unit, used + 1)
    half_of = _half_then_unit(words, start + used)
    return (f"{value} {half_of}s 30 {_SMALLER_UNIT[half_of]}", used + 4) if half_of else None


def _and_a_half(
    words: Sequence[str], position: int, text: str, unit: str, used: int
) -> tuple[str, int]:
    if unit in _SMALLER_UNIT and list(words[position : position + 3]) == ["and", "a", "half"]:
        return f"{text} 30 {_SMALLER_UNIT[unit]}", used + 3
    return text, used


def _half_then_unit(words: Sequence[str], position: int) -> str:
    """The unit in "and a half hours", else nothing."""
    unit = word_at(words, position + 3).removesuffix("s")
    is_half = list(words[position : position + 3]) == ["and", "a", "half"]
    return unit if is_half and unit in _SMALLER_UNIT else ""


def _clock_time(words: Sequence[str], start: int) -> tuple[str, int] | None:
    """A time of day as `HHMM oclock`: "half past six", "quarter to seven", "six thirty p m"."""
    position = start + (1 if words[start] == "a" else 0)
    read = _past_or_to(words, position) or _hour_first(words, position)
    if read is None:
        return None
    hour, minute, end = read
    hour, end = _in_half_of_day(words, hour, end)
    return f"{hour % 24:02}{minute:02} oclock", end - start


def _past_or_to(words: Sequence[str], position: int) -> tuple[int, int, int] | None:
    minute, used = _QUARTERS.get(word_at(words, position)), 1
    if minute is None:
        number = read_below_hundred(words, position)
        if number is None or not 0 < number[0] < _MINUTES_OF_HOUR:
            return None
        minute, used = number
        used += word_at(words, position + used) in {"minutes", "minute"}
    side = word_at(words, position + used)
    hour = read_below_hundred(words, position + used + 1)
    if side not in {"past", "to"} or hour is None or not 0 < hour[0] <= _HOURS_OF_CLOCK:
        return None
    end = position + used + 1 + hour[1]
    # "five to ten percent" and "to ten degrees" are ranges of numbers, not times.
    if side == "to" and (minute > _QUARTERS["half"] or word_at(words, end) not in _AFTER_TIME):
        return None
    if side == "past":
        return hour[0], minute, end
    return hour[0] - 1, _MINUTES_OF_HOUR - minute, end


_AFTER_TIME = frozenset({"", "in", "this", "am", "pm", "a", "p", "tomorrow", "tonight", "at"})


def _hour_first(words: Sequence[str], position: int) -> tuple[int, int, int] | None:
    """Read "six o'clock", "six thirty a m", "seven pm"; a bare number is no time of day."""
    hour = read_below_hundred(words, position)
    if hour is None or not 0 <= hour[0] < 24:  # noqa: PLR2004
        return None
    end = position + hour[1]
    if word_at(words, end) in {"o'clock", "oclock"}:
        return hour[0], 0, end + 1
    minute = read_below_hundred(words, end) or (0, 0)
    follows = word_at(words, end + minute[1])
    spelled = follows in {"a", "p"} and word_at(words, end + minute[1] + 1) == "m"
    if (spelled or follows in {"am", "pm"}) and minute[0] < _MINUTES_OF_HOUR:
        return hour[0], minute[0], end + minute[1]
    return None


def _in_half_of_day(words: Sequence[str], hour: int, end: int) -> tuple[int, int]:
    """The hour of 24 and where "pm" or "in the evening" ends."""
    rest = list(words[end : end + 3])
    for phrase, afternoon in _HALVES_OF_DAY:
        if rest[: len(phrase)] == phrase:
            return hour % _HOURS_OF_CLOCK + (_HOURS_OF_CLOCK if afternoon else 0), end + len(phrase)
    return hour, end


_HALVES_OF_DAY = (
    (["am"], False),
    (["a", "m"], False),
    (["in", "the", "morning"], False),
    (["pm"], True),
    (["p", "m"], True),
    (["in", "the", "afternoon"], True),
    (["in", "the", "evening"], True),
    (["tonight"], True),
)
