"""Rewrites numbers, durations and times of day that were spoken as words to digits.

"twenty one and a half" becomes `21.5`, "an hour and a half" `1 hour 30 minutes`, "half past six"
`0630 oclock`, so that sentence templates need to know digits only.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.amounts import duration, share
from assistant.nlu.numbers import read_below_hundred, read_number, word_at, written
from assistant.nlu.tokens import Token

_QUARTERS = {"quarter": 15, "half": 30}
_HOURS_OF_CLOCK = 12
_MINUTES_OF_HOUR = 60


def with_digits(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with numbers, parts of hours and times of day as digits."""
    words = [token.text for token in tokens]
    result: list[Token] = []
    position = 0
    while position < len(words):
        text, used = (
            _clock_time(words, position)
            or duration(words, position)
            or share(words, position)
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
    return (written(number[0]), number[1]) if number else None


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
