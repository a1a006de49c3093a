"""Rewrites numbers, durations and times of day that were spoken as words to digits.

"twenty one and a half" becomes `21.5`, "an hour and a half" `1 hour 30 minutes`, "half past six"
`0630 oclock`, so that sentence templates need to know digits only.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.numbers import read_number, read_whole, word_at
from assistant.nlu.times import read_time
from assistant.nlu.tokens import Token

_SMALLER_UNIT = {"hour": "minutes", "minute": "seconds"}
_UNITS_OF_TIME = frozenset({"hour", "minute", "second"})


def with_digits(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with numbers, parts of hours and times of day as digits."""
    words = [token.text for token in tokens]
    result: list[Token] = []
    position = 0
    while position < len(words):
        text, used = (
            read_time(words, position)
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
