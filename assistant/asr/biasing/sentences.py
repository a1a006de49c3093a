"""Sentences that the home understands, as the search wants them: which tokens may come next.

Whoever knows the sentences knows them as words. Here they are walked with the letters of tokens, so
that a word is met however it is cut into tokens.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.asr.result import Sentences
from assistant.asr.vocabulary.tokens import WORD_START, is_special

_KNOWN: Final = 30_000
"""Arcs that are kept, some eight megabytes."""


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
class Arcs:
    """Tokens that can come next, and the numbers of the arcs that they are on."""

    tokens: Numbers
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class _Leaving:
    """Arcs, numbered one after the other, that leave one position."""

    position: Position
    tokens: Numbers


class SpelledSentences:
    """The network, walked with tokens; positions are numbered as somebody comes to them.

    At a position there are many more tokens than anybody says, so where an arc leads is found out
    when somebody goes along it.
    """

    start: Final = 0

    def __init__(self, sentences: Sentences, pieces: Sequence[str]) -> None:
        self._sentences = sentences
        known = [(n, piece) for n, piece in enumerate(pieces) if piece and not is_special(piece)]
        begin = [(n, piece[1:]) for n, piece in known if piece.startswith(WORD_START)]
        self._first = _Tokens(begin)
        self._further = _Tokens(each for each in known if not each[1].startswith(WORD_START))
        self._letters = dict(known)
        self._forget()

    def _forget(self) -> None:
        self._numbers: dict[Position, int] = {}
        self._positions: list[Position] = []
        self._arcs: dict[int, Arcs] = {}
        self._words: dict[int, Arcs] = {}
        """By the state, those that begin a word."""
        self._leaving: list[_Leaving] = []
        self._firsts: list[int] = []
        """The first arc of each of these."""
        self._ends = np.zeros(0, np.int64)
        """By arc, the position that it leads to; below 0 as long as nobody went there."""
        self._made = 0
        """How many arcs there are."""
        self._numbered(Position(self._sentences.start, ""))

    def begin(self) -> int:
        """The position before the first word; if many arcs are known by then, all are forgotten.

        So what a home says in a year takes no more room than what it says in a day.
        """
        if self._made > _KNOWN:
            self._sentences.forget()
            self._first.forget()
            self._further.forget()
            self._forget()
        return self.start

    def arcs(self, position: int) -> Arcs:
        """What can come after a position."""
        known = self._arcs.get(position)
        if known is None:
            known = self._arcs[position] = self._arcs_at(self._positions[position])
        return known

    def ends(self, arcs: Numbers) -> Numbers:
        """The positions that arcs lead to."""
        ends: Numbers = self._ends[arcs]
        for place in np.flatnonzero(ends < 0).tolist():
            ends[place] = self._end(int(arcs[place]))
        return ends

    def final(self, position: int) -> bool:
        """Whether a sentence may end at a position."""
        after = self._after(self._positions[position])
        return after is not None and self._sentences.final(after)

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

    def shares(self, text: str) -> tuple[int, int]:
        """How many words of a sentence are the home's own, and how many may be any."""
        return self._sentences.shares(text)

    def _numbered(self, position: Position) -> int:
        number = self._numbers.setdefault(position, len(self._positions))
        if number == len(self._positions):
            self._positions.append(position)
        return number

    def _end(self, arc: int) -> int:
        """The number of the position that an arc leads to."""
        which = bisect_right(self._firsts, arc) - 1
        leaving = self._leaving[which]
        state, letters = leaving.position
        letters += self._letters[int(leaving.tokens[arc - self._firsts[which]])]
        number = self._ends[arc] = self._numbered(Position(state, letters))
        return number

    def _arcs_at(self, position: Position) -> Arcs:
        state, letters = position
        if not letters:
            return self._beginning(state)
        word = letters.removeprefix(WORD_START)
        going_on = self._further.that_go_on(self._sentences.words(state), word)
        arcs = self._new(position, going_on)
        after = self._after(position)
        if after is None:
            return arcs
        begun = self._beginning(after)
        return Arcs(
            np.concatenate([begun.tokens, arcs.tokens]),
            np.concatenate([begun.numbers, arcs.numbers]),
        )

    def _beginning(self, state: int) -> Arcs:
        """Those that begin a word in a state."""
        known = self._words.get(state)
        if known is None:
            tokens = self._first.that_go_on(self._sentences.words(state), "")
            known = self._words[state] = self._new(Position(state, ""), tokens)
        return known

    def _new(self, position: Position, tokens: Collection[int]) -> Arcs:
        numbers = np.arange(self._made, self._made + len(tokens))
        arcs = Arcs(np.fromiter(tokens, np.int64, len(tokens)), numbers)
        self._leaving.append(_Leaving(position, arcs.tokens))
        self._firsts.append(self._made)
        self._made += len(tokens)
        if self._made > len(self._ends):
            self._ends = np.concatenate([self._ends, np.full(self._made, -1)])
        return arcs

    def _after(self, position: Position) -> int | None:
        """The state after the word that the letters spell; None where it is none."""
        state, letters = position
        word = letters.removeprefix(WORD_START)
        return self._sentences.step(state, word) if word else None


class _Tokens:
    """Tokens, found by their letters."""

    def __init__(self, tokens: Iterable[tuple[int, str]]) -> None:
        self._by_letters = {letters: token for token, letters in tokens}
        self._longest = max(map(len, self._by_letters), default=0)
        self._in_many: dict[tuple[int, str], tuple[Sequence[str], Collection[int]]] = {}
        """By the words, which stay so that no others get their id, and the letters before."""
        self._beginning = lru_cache(_WORDS)(self._that_begin)

    def that_go_on(self, words: Sequence[Sequence[str]], before: str) -> Collection[int]:
        """Those with which a word goes on after some letters.

        A word of several sequences, which are sorted.
        """
        return dict.fromkeys(chain.from_iterable(self._in_one(each, before) for each in words))

    def forget(self) -> None:
        """Forget the long sequences that it has looked at."""
        self._in_many.clear()

    def _in_one(self, words: Sequence[str], before: str) -> Collection[int]:
        if len(words) <= _MANY:
            return self._going_on(words, before)
        known = self._in_many.get((id(words), before))
        if known is None:
            known = self._in_many[id(words), before] = words, self._going_on(words, before)
        return known[1]

    def _going_on(self, words: Sequence[str], before: str) -> Collection[int]:
        first = bisect_left(words, before)
        last = bisect_left(words, before + _LAST, first)
        rests = (word[len(before) :] for word in words[first:last])
        return dict.fromkeys(chain.from_iterable(map(self._beginning, rests)))

    def _that_begin(self, letters: str) -> tuple[int, ...]:
        """Those that some letters begin with."""
        beginnings = (letters[:count] for count in range(min(len(letters), self._longest) + 1))
        tokens = map(self._by_letters.get, beginnings)
        return tuple(token for token in tokens if token is not None)
