"""The ways in which a written name is said: "PS5" is "ps five" and "p s five"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from assistant.nlu.inverse_text_normalisation import with_digits
from assistant.nlu.numbers import number_words
from assistant.nlu.tokens import split_words, text_of, tokens_of

_ARTICLES = ("the ", "my ", "our ")
_NUMBER = re.compile(r"#\s*(?=\d)|\b[Nn]o\.?\s*(?=\d)")
_SIGNS = {"&": " and ", "+": " plus "}
_INITIALS = re.compile(r"\b[A-Z]{2,4}(?![a-z])|(?<![A-Za-z])[a-z]{2,3}(?=\d)")
"""Letters that may be said one by one."""
_LONG_NUMBER = re.compile(r"\b\d{3,4}\b")
_PAIRED = 4
_ZERO = "0"


@lru_cache(maxsize=16_384)
def spoken_form(name: str) -> str:
    """A configured name as understanding reads it: "Lamp No. 1" is "lamp no 1"."""
    text = text_of(with_digits(tokens_of(split_words(name))))
    for article in _ARTICLES:
        text = text.removeprefix(article)
    return text


@lru_cache(maxsize=16_384)
def spoken_forms(name: str) -> tuple[str, ...]:
    """Every way in which a configured name may be said, the usual one first."""
    said = (form for way in _written_ways(name) for form in _said_ways(spoken_form(way)))
    forms = (spoken_form(form) for form in said)
    return tuple(dict.fromkeys(filter(None, forms)))


def _written_ways(name: str) -> Iterator[str]:
    """The name, and with its signs and initials written as they are said."""
    yield name
    told = _NUMBER.sub(" number ", name)
    for sign, word in _SIGNS.items():
        told = told.replace(sign, word)
    for way in dict.fromkeys((name, told)):
        yield way
        yield _INITIALS.sub(lambda letters: " ".join(letters[0]), way)


def _said_ways(text: str) -> Iterator[str]:
    """A spoken form; letters that follow each other as a word; long numbers digit by digit."""
    yield text
    runs = groupby(text.split(), lambda word: len(word) == 1 and word.isalpha())
    yield " ".join(("" if letters else " ").join(words) for letters, words in runs)
    if _LONG_NUMBER.search(text):
        digits = _LONG_NUMBER.sub(_one_by_one, text)
        yield digits
        yield digits.replace(" zero", " oh")
        yield _LONG_NUMBER.sub(_in_pairs, text)


def _one_by_one(number: re.Match[str]) -> str:
    """The number's digits, in words: "two oh five" may be read as a time of day, here as there."""
    return " ".join(number_words(int(digit)) for digit in number[0])


def _in_pairs(number: re.Match[str]) -> str:
    """The number 3080 as "thirty eighty"."""
    digits = number[0]
    if len(digits) < _PAIRED or _ZERO in {digits[0], digits[2]}:
        return digits
    return f"{digits[:2]} {digits[2:]}"
