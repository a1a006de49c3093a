"""Words cut into the pieces that a language model knows.

A unigram model (Kudo, 2018): every piece has a log-probability, and of all ways to cut a word the
likeliest is taken. Sentencepiece learns the pieces; to use them takes no more than this.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from assistant.asr.networks.manifest import ModelError
from assistant.asr.vocabulary.tokens import WORD_START

UNKNOWN, START, END, NAME = range(4)
"""Numbers of the pieces that stand for no letters."""
SPECIAL: Final = ("<unk>", "<s>", "</s>", "<name>")
NAME_TAG: Final = SPECIAL[NAME]
"""Stands for a personal name, whichever."""

_UNKNOWN_LETTER = -20.0
_WORDS: Final = 20_000


class Subwords:
    """The pieces with their log-probabilities; the first four are `SPECIAL`."""

    def __init__(self, pieces: Sequence[tuple[str, float]]) -> None:
        self._known = {piece: (number, log_prob) for number, (piece, log_prob) in enumerate(pieces)}
        self._longest = max(len(piece) for piece, _ in pieces)
        self.encode = lru_cache(_WORDS)(self._encode)

    def __len__(self) -> int:
        return len(self._known)

    @classmethod
    def read(cls, path: Path) -> Subwords:
        """From a file with a line a piece: its text, a tab, its log-probability.

        Raises:
            ModelError: the file cannot be read so.

        """
        try:
            rows = [line.split("\t") for line in path.read_text("utf8").splitlines()]
            pieces = [(piece, float(log_prob)) for piece, log_prob in rows]
        except (OSError, ValueError) as error:
            raise ModelError(f"{path} is no list of pieces ({error}): fetch it again") from None
        if tuple(piece for piece, _ in pieces[: len(SPECIAL)]) != SPECIAL:
            raise ModelError(f"{path} does not begin with {', '.join(SPECIAL)}: fetch it again")
        return cls(pieces)

    def _encode(self, word: str) -> tuple[int, ...]:
        """The pieces of a word, or of a tag, by their numbers. A letter may be unknown."""
        if word in SPECIAL:
            return (SPECIAL.index(word),)
        text = WORD_START + word
        best = [(0.0, 0, UNKNOWN)] + [(-math.inf, 0, UNKNOWN)] * len(text)
        for end in range(1, len(text) + 1):
            best[end] = max(
                self._step(best[start][0], text, start, end)
                for start in range(max(0, end - self._longest), end)
            )
        found = []
        end = len(text)
        while end:
            _, end, piece = best[end]
            found.append(piece)
        return tuple(reversed(found))

    def _step(self, before: float, text: str, start: int, end: int) -> tuple[float, int, int]:
        known = self._known.get(text[start:end])
        if known is not None:
            return before + known[1], start, known[0]
        unknown = _UNKNOWN_LETTER if end - start == 1 else -math.inf
        return before + unknown, start, UNKNOWN
