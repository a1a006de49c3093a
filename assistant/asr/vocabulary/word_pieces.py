"""Words as the pieces that an attention decoder writes, and back.

Pieces are those of a byte-pair encoding (Sennrich et al., "Neural machine translation of rare words
with subword units", 2016): a word falls apart into letters, and again and again the two
neighbours that come first in the list of pieces are joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from assistant.asr.networks.manifest import ModelError
from assistant.asr.vocabulary.tokens import WORD_START

END, START = 0, 1
"""The pieces that end a sentence and stand before its first word."""
SPECIAL = ("<end>", "<start>")


class WordPieces:
    """A list of pieces; their places are their numbers."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = tuple(pieces)
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        self.word = lru_cache(4096)(self._word)

    @classmethod
    def read(cls, path: Path) -> WordPieces:
        """From a file with one piece a line.

        Raises:
            ModelError: it cannot be read, or is no such file.

        """
        try:
            pieces = path.read_text("utf8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"{path} cannot be read ({error}): fetch the model again") from None
        if tuple(pieces[: len(SPECIAL)]) != SPECIAL:
            raise ModelError(f"{path} holds no list of word pieces: fetch the model again")
        return cls(pieces)

    def write(self, path: Path) -> None:
        """One piece a line."""
        path.write_text("\n".join(self.pieces) + "\n", "utf8")

    def encode(self, text: str) -> list[int]:
        """The pieces of a text; letters that none of them has are left out."""
        return [number for word in text.split() for number in self.word(word)]

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of pieces."""
        joined = "".join(self.pieces[number] for number in numbers if number >= len(SPECIAL))
        return " ".join(joined.replace(WORD_START, " ").split())

    def _word(self, word: str) -> tuple[int, ...]:
        parts = [letter for letter in WORD_START + word if letter in self._numbers]
        never = len(self.pieces)
        while len(parts) > 1:
            joined = [a + b for a, b in pairwise(parts)]
            ranks = [self._numbers.get(pair, never) for pair in joined]
            first = min(ranks)
            if first == never:
                break
            place = ranks.index(first)
            parts[place : place + 2] = [joined[place]]
        return tuple(self._numbers[part] for part in parts)
