"""Sentences that the home understands, as the search wants them: which tokens may come next.

Whoever knows the sentences knows them as words. Here they are walked with the letters of tokens, so
that a word is met however it is cut into tokens.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.asr.result import Sentences
from assistant.asr.vocabulary.tokens import WORD_START, is_special

_KNOWN: Final = 20_000
"""Positions that are kept, some six megabytes."""


_WORDS: Final = 4096
"""Words whose first tokens are kept."""

_MANY: Final = 32
"""Tokens that go on with one of more words are kept."""

_LAST: Final = chr(0x10FFFF)
"""Comes after every letter."""


Numbers = NDArray[np.int64]


class Position(NamedTuple):
    """Where the letters of some tokens stand in the network."""

    state: int
    """After the finished words."""
    letters: str
    """Of the unfinished word, with what begins a word; nothing before the first."""


@dataclass(frozen=True, slots=True)
class Next:
    """What can come next at a position: tokens, and the numbers of the positions after them."""

    tokens: Numbers
    positions: Numbers
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
        self._words: dict[int, tuple[Numbers, Numbers]] = {}
        """By the state, tokens that begin a word and the positions after them."""
        self._numbered(Position(sentences.start, ""))

    def begin(self) -> int:
        """The position before the first word; if many are known by then, all others are forgotten.

        So what a home says in a year takes no more room than what it says in a day.
        """
        if len(self._positions) > _KNOWN:
            self._sentences.forget()
            self._first.forget()
            self._further.forget()
            self._numbers, self._positions, self._next, self._words = {}, [], {}, {}
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
        return self._reached(text) is not None

    def has(self, text: str) -> bool:
        """Whether a text is a whole sentence."""
        state = self._reached(text)
        return state is not None and self._sentences.final(state)

    def _reached(self, text: str) -> int | None:
        """The state after a text; None where it begins no sentence."""
        state: int | None = self._sentences.start
        for word in text.split():
            state = None if state is None else self._sentences.step(state, word)
        return state

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
        parts = [] if after is None else [self._begun(after)]
        if letters:
            pieces = self._further.that_go_on(self._sentences.words(state), word)
            parts.append(self._leads(pieces, state, letters))
        final = bool(letters) and after is not None and self._sentences.final(after)
        tokens, positions = zip(*parts, strict=True)
        return Next(np.concatenate(tokens), np.concatenate(positions), final)

    def _begun(self, state: int) -> tuple[Numbers, Numbers]:
        """The tokens that begin a word in a state, and the positions after them."""
        known = self._words.get(state)
        if known is None:
            pieces = self._first.that_go_on(self._sentences.words(state), "")
            known = self._words[state] = self._leads(pieces, state, WORD_START)
        return known

    def _leads(
        self, pieces: Mapping[int, str], state: int, letters: str
    ) -> tuple[Numbers, Numbers]:
        """Tokens, by their letters, and the positions after them."""
        positions = [self._numbered(Position(state, letters + piece)) for piece in pieces.values()]
        return np.array(list(pieces), np.int64), np.array(positions, np.int64)

    def _after(self, state: int, word: str) -> int | None:
        return self._sentences.step(state, word) if word else None


class _Tokens:
    """Tokens, found by their letters."""

    def __init__(self, tokens: Iterable[tuple[int, str]]) -> None:
        self._by_letters = {letters: token for token, letters in tokens}
        self._longest = max(map(len, self._by_letters), default=0)
        self._in_many: dict[tuple[int, str], tuple[Sequence[str], Mapping[int, str]]] = {}
        """By the words, which stay so that no others get their id, and the letters before."""
        self._beginning = lru_cache(_WORDS)(self._that_begin)

    def that_go_on(self, words: Sequence[Sequence[str]], before: str) -> Mapping[int, str]:
        """The letters of those with which a word goes on after some letters.

        A word of several sequences, which are sorted.
        """
        found: dict[int, str] = {}
        for each in words:
            found.update(self._in_one(each, before))
        return found

    def forget(self) -> None:
        """Forget the long sequences that it has looked at."""
        self._in_many.clear()

    def _in_one(self, words: Sequence[str], before: str) -> Mapping[int, str]:
        if len(words) <= _MANY:
            return self._going_on(words, before)
        known = self._in_many.get((id(words), before))
        if known is None:
            known = self._in_many[id(words), before] = words, self._going_on(words, before)
        return known[1]

    def _going_on(self, words: Sequence[str], before: str) -> Mapping[int, str]:
        first = bisect_left(words, before)
        last = bisect_left(words, before + _LAST, first)
        found: dict[int, str] = {}
        for word in words[first:last]:
            found.update(self._beginning(word[len(before) :]))
        return found

    def _that_begin(self, letters: str) -> Mapping[int, str]:
        """The letters of those that some letters begin with."""
        beginnings = (letters[:count] for count in range(min(len(letters), self._longest) + 1))
        tokens = ((self._by_letters.get(each), each) for each in beginnings)
        return {token: each for token, each in tokens if token is not None}
