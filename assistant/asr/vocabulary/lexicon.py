"""The words of the language, as a soft constraint on how tokens are put together.

Subword tokens can spell anything, and a small network often spells a word that it heard well in a
way that nobody does ("shugar"). A list of words makes such a spelling cost something, as soon as
the letters so far begin no word of the list. It is an unweighted case of the lexicon prefix trees
of older recognisers (Ney et al., "Improvements in beam search for 10000-word continuous speech
recognition", 1992), and soft: a clearly heard word that is not in the list is still written.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from assistant.asr.networks.network import Floats
from assistant.asr.vocabulary.tokens import WORD_START

FILE: Final = "words.txt"
RARE: Final = 0.8
"""What a word costs that is only in the dictionary (natural log)."""
UNKNOWN: Final = 3.0
"""What a word costs that is in neither."""
_PREFIXES: Final = 1024
_FEW: Final = 20
"""Of more words it is quicker to ask for each token whether one goes on with it."""
_LAST_LETTER: Final = chr(sys.maxunicode)


class Words:
    """The list: usual words, and rarer ones after an empty line; sorted."""

    def __init__(self, usual: Iterable[str], rare: Iterable[str] = ()) -> None:
        self.usual = tuple(sorted(set(usual)))
        self.rare = tuple(sorted(set(rare) - set(self.usual)))

    @classmethod
    def read(cls, file: Path) -> Words:
        """The words in a file as `write` makes it."""
        usual, _, rare = file.read_text("utf8").partition("\n\n")
        return cls(usual.split(), rare.split())

    def write(self, file: Path) -> None:
        """One word a line, an empty line between usual and rare ones."""
        file.write_text("\n".join(self.usual) + "\n\n" + "\n".join(self.rare) + "\n", "utf8")


class Lexicon:
    """What tokens cost by the words that they spell; nothing without words.

    A beginning of a word costs what the cheapest word with that beginning does, and the rest is
    settled where the word ends, so that a word costs the same however it is cut into tokens.
    """

    def __init__(
        self, tokens: Sequence[str], words: Words | None, names: Iterable[str] = ()
    ) -> None:
        self._count = len(tokens)
        self._lists: tuple[tuple[Sequence[str], float], ...] = ()
        if words is not None:
            # Two sorted runs, which `sorted` merges in a millisecond.
            usual = sorted([*words.usual, *sorted(names)])
            self._lists = ((usual, 0.0), (words.rare, RARE))
        self._beginning = lru_cache(4 * _PREFIXES)(self._cost_of_beginning)
        self.costs = lru_cache(_PREFIXES)(self._costs)
        self._begins = np.array([token.startswith(WORD_START) for token in tokens])
        self._inner = [token for token in tokens if not token.startswith(WORD_START)]
        self._inner_numbers: dict[str, list[int]] = {}
        for number, token in enumerate(self._inner):
            self._inner_numbers.setdefault(token, []).append(number)
        first = [token.removeprefix(WORD_START) for token in tokens if token.startswith(WORD_START)]
        self._first = np.array([self._beginning(letters) for letters in first], np.float32)

    def ending(self, letters: str) -> float:
        """What is added (at most 0) where a word of these letters ends."""
        return self._word(letters) - self._beginning(letters)

    def _costs(self, letters: str) -> Floats:
        """What is added for each next token after the letters of an unfinished word; [tokens]."""
        costs = np.zeros(self._count, np.float32)
        if not self._lists:
            return costs
        costs[self._begins] = self._first + self.ending(letters)
        so_far = self._beginning(letters)
        if so_far > -UNKNOWN:  # else no letter more can make it worse
            costs[~self._begins] = self._costs_after(letters) - np.float32(so_far)
        return costs

    def _costs_after(self, letters: str) -> Floats:
        """What a beginning costs of the letters and each inner token."""
        costs = np.full(len(self._inner), -UNKNOWN, np.float32)
        for words, cost in reversed(self._lists):
            first = bisect_left(words, letters)
            end = bisect_left(words, letters + _LAST_LETTER, first)
            if end - first > _FEW:
                return np.array([self._beginning(letters + token) for token in self._inner])
            rests = (word[len(letters) :] for word in words[first:end])
            beginnings = {rest[:length] for rest in rests for length in range(len(rest) + 1)}
            for beginning in beginnings & self._inner_numbers.keys():
                costs[self._inner_numbers[beginning]] = -cost
        return costs

    def _cost_of_beginning(self, letters: str) -> float:
        return self._cheapest(letters, str.startswith)

    def _word(self, letters: str) -> float:
        forms = {letters, letters.removesuffix("'s") or letters}
        return max(self._cheapest(form, str.__eq__) for form in forms)

    def _cheapest(self, letters: str, fits: Callable[[str, str], bool]) -> float:
        """The cost by the first list whose word at the place of `letters` fits them."""
        if not letters or not self._lists:
            return 0.0
        for words, cost in self._lists:
            place = bisect_left(words, letters)
            if place < len(words) and fits(words[place], letters):
                return -cost
        return -UNKNOWN
