"""Amounts in other words than numbers: "half an hour" is said where "30 minutes" is meant.

Templates know digits only (`inverse_text_normalisation`). A network of what can be said needs the
way back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from assistant.nlu.amounts import BEFORE_SHARE, FIXED_AMOUNTS, SHARES
from assistant.nlu.inverse_text_normalisation import with_digits
from assistant.nlu.numbers import FRACTIONS, number_words
from assistant.nlu.sentence_graph import said
from assistant.nlu.tokens import text_of, tokens_of

_DIVIDED: Final = (
    ("hour", "minutes"),
    ("hours", "minutes"),
    ("minute", "seconds"),
    ("minutes", "seconds"),
)
_SIXTY: Final = 60
_ONE: Final = (("an", "hour"), ("a", "minute"), ("a", "second"))

Words = tuple[str, ...]


@lru_cache(maxsize=1)
def spoken_amounts() -> Mapping[str, tuple[tuple[Words, Words], ...]]:
    """Amounts, and in which words numbers would be said, by the first of those."""
    found: dict[str, list[tuple[Words, Words]]] = {}
    for amount, plain in (*_fixed(), *_fractions()):
        found.setdefault(plain[0], []).append((amount, plain))
    return {first: tuple(each) for first, each in found.items()}


def _fixed() -> Iterator[tuple[Words, Words]]:
    shares = ((before, *share) for before in sorted(BEFORE_SHARE) for share in SHARES)
    for amount in (*FIXED_AMOUNTS, *_ONE, *shares):
        yield amount, tuple(said(text_of(with_digits(tokens_of(amount)))).split())


def _fractions() -> Iterator[tuple[Words, Words]]:
    """Parts of an hour or a minute, which may stand before that word or after it."""
    for fraction, part in FRACTIONS.items():
        number = number_words(round(part * _SIXTY)).split()
        for unit, smaller in _DIVIDED:
            yield (*fraction, unit), (unit, *number, smaller)
        for smaller in ("minutes", "seconds"):
            yield fraction, (fraction[0], *number, smaller)
