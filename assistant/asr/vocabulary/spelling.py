"""Names as the recogniser writes them: lower-case words of letters and apostrophes, no digits."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from unicode_rbnf import FormatPurpose, RbnfEngine

# Letters that Unicode does not decompose into a plain one and an accent.
_LETTERS: Final = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ß": "ss",
        "ð": "d",
        "đ": "d",
        "þ": "th",
        "ł": "l",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "&": " and ",
        "+": " plus ",
        "%": " percent ",
        "@": " at ",
    }
)
_LONGEST_NUMBER: Final = 4


@lru_cache(maxsize=16_384)
def spelled(text: str) -> str:
    """A name's words, joined by single spaces; empty when nothing of it can be written so."""
    text = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(
        r"(\d+)(?:st|nd|rd|th)\b", lambda match: f" {_number(match[1], ordinal=True)} ", text
    )
    text = re.sub(r"\d+", lambda match: f" {_number(match[0])} ", text)
    text = re.sub(r"[^a-z' ]+", " ", text)
    text = re.sub(r"(?<![a-z])'+|'+(?![a-z])", " ", text)
    return " ".join(text.split())


def _number(digits: str, *, ordinal: bool = False) -> str:
    if len(digits) > _LONGEST_NUMBER or (len(digits) > 1 and digits[0] == "0"):
        return " ".join(_spoken(int(digit)) for digit in digits)
    return _spoken(int(digits), ordinal=ordinal)


@lru_cache(maxsize=1)
def _engine() -> RbnfEngine:
    return RbnfEngine.for_language("en")


@lru_cache(maxsize=512)
def _spoken(number: int, *, ordinal: bool = False) -> str:
    purpose = FormatPurpose.ORDINAL if ordinal else FormatPurpose.CARDINAL
    text = _engine().format_number(number, purpose=purpose).text
    return text.replace("-", " ").replace(",", "")
