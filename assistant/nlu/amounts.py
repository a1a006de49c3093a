"""Amounts that are not plain numbers: durations, and shares such as "half" and "a quarter".

"one point five hours" becomes `1 hours 30 minutes`, "two hundred seconds" `3 minutes 20 seconds`,
"to a quarter" `to 25 percent`.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.numbers import FRACTIONS, read_number, word_at, written

_SECONDS = {"hour": 3600, "minute": 60, "second": 1}
_UNITS = {
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), "hour"),
    **dict.fromkeys(("minute", "minutes", "min", "mins", "m"), "minute"),
    **dict.fromkeys(("second", "seconds", "sec", "secs", "s"), "second"),
}
_MOST = 100
"""Home Assistant's sentences know no more of one unit."""
_FIXED = {
    ("half", "an", "hour"): "30 minutes",
    ("half", "hour"): "30 minutes",
    ("half", "a", "minute"): "30 seconds",
    ("half", "minute"): "30 seconds",
    ("a", "quarter", "of", "an", "hour"): "15 minutes",
    ("quarter", "of", "an", "hour"): "15 minutes",
    ("three", "quarters", "of", "an", "hour"): "45 minutes",
    ("half", "a", "degree"): "0.5 degrees",
    ("a", "degree"): "1 degree",
    ("a", "couple", "of", "hours"): "2 hours",
    ("a", "couple", "of", "minutes"): "2 minutes",
}
_SHARES = {
    ("half",): "50",
    ("a", "half"): "50",
    ("a", "quarter"): "25",
    ("one", "quarter"): "25",
    ("quarter",): "25",
    ("three", "quarters"): "75",
    ("a", "third"): "33",
    ("one", "third"): "33",
    ("two", "thirds"): "67",
    ("full",): "100",
}
FIXED_AMOUNTS = tuple(_FIXED)
SHARES = tuple(_SHARES)
AMOUNT_WORDS = frozenset(
    {*_UNITS, "half", "quarter", "quarters", "third", "thirds", "full", "degree", "couple"}
)
"""One of these, or a number, is in every amount."""
_FROM_NOW = ("from", "now")
BEFORE_SHARE = frozenset({"to", "at"})
_AFTER_SHARE = frozenset(
    {"", "and", "then", "brightness", "volume", "open", "speed", "power", "in", "please"}
)


def duration(words: Sequence[str], start: int) -> tuple[str, int] | None:
    """The duration that begins at `start`, in whole units, and its length in words.

    "Ten minutes from now" is `in 10 minutes`: where any words may come before it, hassil finds a
    number after "in" alone, and 2 in 22.
    """
    found = _length(words, start)
    if found is None:
        return None
    text, used = found
    if tuple(words[start + used : start + used + 2]) != _FROM_NOW:
        return found
    said_in = start > 0 and words[start - 1] == "in"
    return (text if said_in else f"in {text}"), used + 2


def _length(words: Sequence[str], start: int) -> tuple[str, int] | None:
    for phrase, text in _FIXED.items():
        if tuple(words[start : start + len(phrase)]) == phrase:
            return text, len(phrase)
    article = words[start] in {"a", "an"} and word_at(words, start + 1) in _SECONDS
    number = (1.0, 1) if article else read_number(words, start)
    if number is None:
        return None
    value, used = number
    unit = _UNITS.get(word_at(words, start + used))
    if unit is None:
        return None
    used += 1
    part = FRACTIONS.get(tuple(words[start + used : start + used + 3]))
    if part is not None:
        return _in_units(value + part, unit), used + 3
    return _in_units(value, unit), used


def _in_units(value: float, unit: str) -> str:
    """An amount of a unit in whole hours, minutes and seconds, as it was said where it can be."""
    if value.is_integer() and (value <= _MOST or unit == "hour"):
        return f"{written(value)} {unit}" + ("s" if value != 1 else "")
    rest = round(value * _SECONDS[unit])
    parts = []
    for name, length in _SECONDS.items():
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {name}" + ("s" if count != 1 else ""))
    return " ".join(parts) or f"0 {unit}s"


def share(words: Sequence[str], start: int) -> tuple[str, int] | None:
    """A share of the whole that something is set to, as a percentage, and its length in words."""
    if not start or words[start - 1] not in BEFORE_SHARE:
        return None
    for phrase, percent in _SHARES.items():
        end = start + len(phrase)
        if tuple(words[start:end]) == phrase and word_at(words, end) in _AFTER_SHARE:
            return f"{percent} percent", len(phrase)
    return None
