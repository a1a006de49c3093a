"""Tokens that stand for bytes: a letter outside a model's vocabulary is spelled in UTF-8.

Two ways are in use: sentencepiece's fallback, a token such as `<0xC3>` for each of 256 bytes, and
byte-level BPE, whose tokens are written in 256 printable letters of one byte each (`byte_utils.py`
in fairseq and icefall). `decoded` turns both into plain text. Bytes of a letter that is cut in two
are kept as lone surrogates (PEP 383), and `joined` puts them together again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from assistant.asr.vocabulary.tokens import WORD_START

_FALLBACK: Final = re.compile(r"<0x([0-9A-F]{2})>")
_ASCII: Final = range(0x20, 0x7F)
_OTHERS: Final = range(0x100, 0x1A7)
"""Letters for the bytes that ASCII has no printable letter for, less those that NFKC changes."""
_LATIN_EXTENDED_B: Final = "\u0180"
"""Letters from here on are in every byte-level vocabulary, and in few others."""


def _byte_letters() -> dict[str, int]:
    others = iter(
        letter for letter in map(chr, _OTHERS) if unicodedata.is_normalized("NFKC", letter)
    )
    return {chr(byte) if byte in _ASCII else next(others): byte for byte in range(256)}


BYTE_LETTERS: Final = _byte_letters()
"""The byte that each letter of byte-level BPE stands for."""


def decoded(tokens: Sequence[str]) -> tuple[str, ...]:
    """The texts of a vocabulary's tokens, with bytes as the text that they spell."""
    letters = set().union(*tokens) - {WORD_START}
    if letters <= BYTE_LETTERS.keys() and max(letters, default="") >= _LATIN_EXTENDED_B:
        return tuple(_from_letters(token) for token in tokens)
    return tuple(_from_fallback(token) for token in tokens)


def _from_letters(token: str) -> str:
    word_start = WORD_START if token.startswith(WORD_START) else ""
    return word_start + _text(BYTE_LETTERS[letter] for letter in token.removeprefix(WORD_START))


def _from_fallback(token: str) -> str:
    match = _FALLBACK.fullmatch(token)
    return _text([int(match[1], 16)]) if match else token


def _text(values: Iterable[int]) -> str:
    return bytes(values).decode("utf8", "surrogateescape")


def joined(texts: Iterable[str]) -> str:
    """The texts as one, with letters that were cut put together; bytes of none are left out."""
    text = "".join(texts)
    if text.isascii():
        return text
    return text.encode("utf8", "surrogateescape").decode("utf8", "ignore")
