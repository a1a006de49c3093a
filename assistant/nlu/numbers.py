"""Cardinal numbers of English below a million, spoken as words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

UNITS = {
    word: value
    for value, word in enumerate(
        (
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ),
    )
}
TENS = {
    word: 10 * value
    for value, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
    )
}
_HUNDRED = 100
_THOUSAND = 1000
_SCALES = {_HUNDRED: "hundred", _THOUSAND: "thousand"}
NUMBER_WORDS = frozenset({*UNITS, *TENS, *_SCALES.values(), "point", "half"})
"""Words that numbers are made of."""

_DECIMAL = re.compile(r"\d+\.\d+")
FRACTIONS: Mapping[tuple[str, ...], float] = {
    ("and", "a", "half"): 0.5,
    ("and", "a", "quarter"): 0.25,
    ("and", "three", "quarters"): 0.75,
}
_TEENS_FROM = 10


def number_words(value: int) -> str:
    """The words for a whole number from 0 to 9999, as a recogniser writes them."""
    if value >= _THOUSAND:
        head, rest = divmod(value, _THOUSAND)
        return _joined(f"{number_words(head)} thousand", rest)
    if value >= _HUNDRED:
        head, rest = divmod(value, _HUNDRED)
        return _joined(f"{number_words(head)} hundred", rest)
    if value < len(UNITS):
        return list(UNITS)[value]
    tens, unit = divmod(value, 10)
    return " ".join(filter(None, (list(TENS)[tens - 2], list(UNITS)[unit] if unit else "")))


def _joined(head: str, rest: int) -> str:
    return f"{head} {number_words(rest)}" if rest else head


def read_number(words: Sequence[str], start: int = 0) -> tuple[float, int] | None:
    """The number that begins at `start`, and how many words it takes; None if none does.

    The longest number is read, a fraction included: "two point five", "three and a half".
    """
    if _DECIMAL.fullmatch(words[start]):
        return float(words[start]), 1
    whole = read_whole(words, start)
    if whole is None:
        return None
    value, used = whole
    rest = tuple(words[start + used : start + used + 3])
    if rest[:1] == ("point",):
        digits, count = _read_digits(words, start + used + 1)
        if count:
            return float(f"{value}.{digits}"), used + 1 + count
    if rest in FRACTIONS:
        return value + FRACTIONS[rest], used + 3
    return float(value), used


def _read_digits(words: Sequence[str], start: int) -> tuple[str, int]:
    """The digits after a point, said one by one or written, and how many words they are."""
    digits = ""
    count = 0
    while start + count < len(words):
        word = words[start + count]
        digit = UNITS.get(word, _TEENS_FROM)
        if digit >= _TEENS_FROM and not word.isdecimal():
            break
        digits += word if word.isdecimal() else str(digit)
        count += 1
    return digits, count


def written(value: float) -> str:
    """A number in digits."""
    return str(int(value)) if value.is_integer() else f"{value:g}"


def read_whole(words: Sequence[str], start: int) -> tuple[int, int] | None:
    """The whole number that begins at `start` and its length in words; None if none does."""
    word = words[start]
    if word.isdecimal():
        return int(word), 1
    if word == "a" and word_at(words, start + 1) in _SCALES.values():
        value, used = 1, 1
    else:
        small = read_below_hundred(words, start)
        if small is None:
            return None
        value, used = small
    for scale, name in _SCALES.items():
        if value and word_at(words, start + used) == name:
            value, used = _add_rest(words, start, value * scale, used + 1, scale)
    return value, used


def is_within_number(words: Sequence[str], at: int) -> bool:
    """Whether the word at a place is the "and" of a number: "two and a half"."""
    if words[at] != "and" or at == 0:
        return False
    before = words[at - 1]
    if tuple(words[at : at + 3]) in FRACTIONS and (before in NUMBER_WORDS or before.isdecimal()):
        return True
    return before in _SCALES.values() and read_below_hundred(words, at + 1) is not None


def _add_rest(
    words: Sequence[str], start: int, value: int, used: int, scale: int
) -> tuple[int, int]:
    """What follows "hundred" or "thousand": "[and] forty two"."""
    skip = 1 if word_at(words, start + used) == "and" else 0
    position = start + used + skip
    if position >= len(words):
        return value, used
    rest = read_below_hundred(words, position) if scale == _HUNDRED else _rest(words, position)
    if rest is None or rest[0] == 0:
        return value, used
    return value + rest[0], used + skip + rest[1]


def _rest(words: Sequence[str], position: int) -> tuple[int, int] | None:
    whole = read_whole(words, position)
    return whole if whole and whole[0] < _THOUSAND else None


def read_below_hundred(words: Sequence[str], start: int) -> tuple[int, int] | None:
    """The same for numbers below a hundred."""
    word = word_at(words, start)
    if word in UNITS:
        return UNITS[word], 1
    if word not in TENS:
        return None
    unit = UNITS.get(word_at(words, start + 1), 0)
    if 0 < unit < _TEENS_FROM:
        return TENS[word] + unit, 2
    return TENS[word], 1


def word_at(words: Sequence[str], position: int) -> str:
    """The word at `position`, empty past the end."""
    return words[position] if position < len(words) else ""
