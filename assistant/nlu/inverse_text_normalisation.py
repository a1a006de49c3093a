"""Rewrites numbers, durations and times of day that were spoken as words to digits.

"twenty one and a half" becomes `21.5`, "an hour and a half" `1 hour 30 minutes`, "half past six"
`0630 oclock`, so that sentence templates need to know digits only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.nlu.amounts import AMOUNT_WORDS, duration, share
from assistant.nlu.numbers import NUMBER_WORDS, read_number, written
from assistant.nlu.times import TIME_WORDS, read_time
from assistant.nlu.tokens import Token

_TELLING: Final = NUMBER_WORDS | AMOUNT_WORDS | TIME_WORDS
"""Without one of these words, or a digit, nothing is an amount or a time."""


def with_digits(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with numbers, parts of hours and times of day as digits."""
    words = [token.text for token in tokens]
    if not any(word in _TELLING or word[0].isdecimal() for word in words):
        return list(tokens)
    return _converted(tokens, words)


def _converted(tokens: Sequence[Token], words: Sequence[str]) -> list[Token]:
    result: list[Token] = []
    position = 0
    while position < len(words):
        text, used = (
            read_time(words, position)
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
