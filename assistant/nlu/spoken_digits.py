"""Digits as they are spoken: "four seven one one", "forty seven eleven", "double one"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from assistant.nlu.numbers import NUMBER_WORDS, TENS, UNITS, read_whole, word_at

_SOUNDS_LIKE: Final = {
    **dict.fromkeys(("oh", "o", "nought", "naught", "nil"), "zero"),
    "won": "one",
    **dict.fromkeys(("to", "too"), "two"),
    **dict.fromkeys(("for", "fore"), "four"),
    "ate": "eight",
}
"""Other names of digits, and words that sound as they do."""
_TIMES: Final = {"double": 2, "triple": 3, "treble": 3}
_AROUND: Final = frozenset({"the", "my", "code", "is", "it", "it's", "uh", "um", "er", "please"})
"""What may be said before and after the digits."""
_DIGITS: Final = 10
_MOST_WORDS: Final = 24


def digits_said(words: Sequence[str]) -> frozenset[str]:
    """All rows of digits that some words may be; empty where there are other words among them.

    "Forty seven eleven" is 4711, or 40711.
    """
    said = [_SOUNDS_LIKE.get(word, word) for word in _without_ends(words)]
    return frozenset(_rows(said, 0)) if 0 < len(said) <= _MOST_WORDS else frozenset()


def has_digits(words: Sequence[str]) -> bool:
    """Whether some word can only be a number."""
    return any(word in NUMBER_WORDS or any(map(str.isdecimal, word)) for word in words)


def _without_ends(words: Sequence[str]) -> Sequence[str]:
    begin, end = 0, len(words)
    while begin < end and words[begin] in _AROUND:
        begin += 1
    while begin < end and words[end - 1] in _AROUND:
        end -= 1
    return words[begin:end]


def _rows(words: Sequence[str], at: int) -> set[str]:
    if at == len(words):
        return {""}
    return {first + rest for first, used in _firsts(words, at) for rest in _rows(words, at + used)}


def _firsts(words: Sequence[str], at: int) -> Iterator[tuple[str, int]]:
    """What digits may begin at a word, and how many words those are."""
    word = words[at]
    if word == "and" and at:
        yield "", 1
    if word.isdecimal():
        yield word, 1
    if times := _TIMES.get(word):
        digit = UNITS.get(word_at(words, at + 1), _DIGITS)
        if digit < _DIGITS:
            yield times * str(digit), 2
    if (value := UNITS.get(word, TENS.get(word))) is not None:
        yield str(value), 1
    whole = read_whole(words, at)
    if whole is not None and whole[1] > 1:
        yield str(whole[0]), whole[1]
