"""Sentences that the home understands, as the search wants them: which tokens may come next.

Whoever knows the sentences knows them as words. Here they are walked with the letters of tokens, so
that a word is met however it is cut into tokens.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.asr.result import Sentences
from assistant.asr.vocabulary.tokens import WORD_START, is_special

_KNOWN: Final = 20_000
"""Positions that are kept, some six megabytes."""


_LAST: Final = chr(0x10FFFF)
"""Comes after every letter."""


class Position(NamedTuple):
    """Where the letters of some tokens stand in the network."""

    state: int
    """After the finished words."""
    letters: str
    """Of the unfinished word, with what begins a word; nothing before the first."""


@dataclass(frozen=True, slots=True)
class Next:
    """What can come next at a position: tokens, and the numbers of the positions after them."""

    tokens: NDArray[np.int64]
    positions: NDArray[np.int64]
    final: bool
    """Whether a sentence may end here."""


class SpelledSentences:
    """The network, walked with tokens; positions are numbered as somebody comes to them."""

    start: Final = 0

    def __init__(self, sentences: Sentences, pieces: Sequence[str]) -> None:
        self._sentences = sentences
        known = [(n, piece) for n, piece in enumerate(pieces) if piece and not is_special(piece)]
        begin = [(n, piece[1:]) for n, piece in known if piece.startswith(WORD_START)]
        self._first = _Tokens(begin)
        self._further = _Tokens(each for each in known if not each[1].startswith(WORD_START))
        self._numbers: dict[Position, int] = {}
        self._positions: list[Position] = []
        self._next: dict[int, Next] = {}
        self._numbered(Position(sentences.start, ""))

    def begin(self) -> int:
        """The position before the first word; if many are known by then, all others are forgotten.

        So what a home says in a year takes no more room than what it says in a day.
        """
        if len(self._positions) > _KNOWN:
            self._sentences.forget()
            self._numbers, self._positions, self._next = {}, [], {}
            self._numbered(Position(self._sentences.start, ""))
        return self.start

    def following(self, position: int) -> Next:
        """What can come after a position."""
        known = self._next.get(position)
        if known is None:
            known = self._next[position] = self._made(self._positions[position])
        return known

    def begin_with(self, text: str) -> bool:
        """Whether a text is a sentence, or the beginning of one."""
        state: int | None = self._sentences.start
        for word in text.split():
            state = None if state is None else self._sentences.step(state, word)
        return state is not None

    def prior(self, text: str) -> float:
        """How much likelier (natural log) a sentence is than a usual one."""
        return self._sentences.prior(text)

    def _numbered(self, position: Position) -> int:
        number = self._numbers.setdefault(position, len(self._positions))
        if number == len(self._positions):
            self._positions.append(position)
        return number

    def _made(self, position: Position) -> Next:
        state, letters = position
        word = letters.removeprefix(WORD_START)
        after = self._sentences.start if not letters else self._after(state, word)
        tokens, positions = [], []
        if after is not None:
            for token, piece in self._first.that_go_on(self._sentences.words(after), ""):
                tokens.append(token)
                positions.append(self._numbered(Position(after, WORD_START + piece)))
        if letters:
            for token, piece in self._further.that_go_on(self._sentences.words(state), word):
                tokens.append(token)
                positions.append(self._numbered(Position(state, letters + piece)))
        final = bool(letters) and after is not None and self._sentences.final(after)
        return Next(np.array(tokens, np.int64), np.array(positions, np.int64), final)

    def _after(self, state: int, word: str) -> int | None:
        return self._sentences.step(state, word) if word else None


class _Tokens:
    """Tokens, found by their first letters."""

    def __init__(self, tokens: Iterable[tuple[int, str]]) -> None:
        self._by_letter: dict[str, list[tuple[int, str]]] = {}
        for token, letters in tokens:
            self._by_letter.setdefault(letters[:1], []).append((token, letters))

    def that_go_on(self, words: Sequence[str], before: str) -> Iterator[tuple[int, str]]:
        """Those with which one of some sorted words goes on after some letters of it."""
        first = bisect_left(words, before)
        last = bisect_left(words, before + _LAST, first)
        if first == last:
            return
        following = dict.fromkeys(word[len(before)] for word in words[first:last] if word != before)
        for letter in ("", *following):
            for token, letters in self._by_letter.get(letter, ()):
                at = bisect_left(words, before + letters, first, last)
                if at < last and words[at].startswith(before + letters):
                    yield token, letters
