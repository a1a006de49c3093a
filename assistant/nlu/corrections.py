"""What else a misheard sentence may have been: word by word, best first.

Each word offers options with a quality: itself, words of the templates and names that sound like
it, a join with its neighbour ("bed room"), a split ("kitchenlight"), or nothing for a word said
twice. The sentence's variants are the paths through these options; their quality is the product.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from rapidfuzz import fuzz, process

from assistant.nlu.accounting import CONFUSED, EMPTY, NEGATIONS, without_apostrophe
from assistant.nlu.numbers import NUMBER_WORDS
from assistant.nlu.phonetics import similarity, skeleton, sound_key

_CONFUSED_QUALITY = 0.88
_DROP_DOUBLED_QUALITY = 0.97
DROP_SMALL_QUALITY = 0.85
_JOIN_QUALITY = 0.95
_APOSTROPHE_QUALITY = 0.99
_UNKNOWN_QUALITY = 0.8
_MIN_SIMILARITY = 0.74
_MIN_SIMILARITY_OF_JOIN = 0.85
_MIN_SPELLING = 50
_OPTIONS = 3
_MIN_LETTERS = 3
_MIN_SPLIT = 3


@dataclass(frozen=True, slots=True)
class _Option:
    words: tuple[str, ...]
    """What stands in the sentence instead."""
    spoken: int
    """How many words of the sentence it stands for."""
    quality: float


@dataclass(frozen=True, slots=True)
class Variant:
    """Another way to have heard a sentence."""

    words: tuple[str, ...]
    quality: float


class Corrector:
    """Knows the words that a home's commands are made of."""

    def __init__(self, template_words: Iterable[str], name_words: Iterable[str]) -> None:
        names = {word for word in name_words if without_apostrophe(word).isalpha()}
        self._words = frozenset(template_words) | names | NUMBER_WORDS
        self._list = sorted(self._words)
        self._keys = [sound_key(word) for word in self._list]
        self._skeletons: dict[str, list[str]] = {}
        self._plain: dict[str, list[str]] = {}
        """By their letters alone."""
        for word in self._list:
            self._plain.setdefault(without_apostrophe(word), []).append(word)
            self._skeletons.setdefault(skeleton(word), []).append(word)
        self._nearest = lru_cache(maxsize=4096)(self._find_nearest)

    def variants(self, words: Sequence[str], limit: int, least: float) -> Iterator[Variant]:
        """At most `limit` variants of at least quality `least`, best first; never the original."""
        if NEGATIONS & set(words) and "mind" not in words:
            return
        options = [self._options(words, position) for position in range(len(words))]
        heap: list[tuple[float, int, tuple[str, ...]]] = [(-1.0, 0, ())]
        seen = {tuple(words)}
        # Bounds the work where a sentence of many common words has very many variants.
        steps = 40 * limit
        while heap and limit and steps:
            steps -= 1
            cost, position, path = heapq.heappop(heap)
            if position == len(words):
                if path not in seen:
                    seen.add(path)
                    limit -= 1
                    yield Variant(path, -cost)
                continue
            for option in options[position]:
                quality = -cost * option.quality
                if quality >= least:
                    heapq.heappush(
                        heap, (-quality, position + option.spoken, (*path, *option.words))
                    )

    def _options(self, words: Sequence[str], position: int) -> list[_Option]:
        word = words[position]
        known = word in self._words or word.isdecimal()
        options = [_Option((word,), 1, 1.0 if known else _UNKNOWN_QUALITY)]
        options += [
            _Option(tuple(other.split()), 1, _CONFUSED_QUALITY)
            for other in CONFUSED.get(word, ())
            # A sentence that ends in "to" is unfinished; it does not end in "two".
            if position + 1 < len(words) or other not in NUMBER_WORDS
        ]
        options += [
            _Option((other,), 1, _APOSTROPHE_QUALITY)
            for other in self._plain.get(without_apostrophe(word), ())
            if other != word
        ]
        if not known:
            options += [_Option((other,), 1, score) for other, score in self._nearest(word)]
            options += self._splits(word)
        if position and words[position - 1] == word:
            options.append(_Option((), 1, _DROP_DOUBLED_QUALITY))
        elif word in EMPTY:
            options.append(_Option((), 1, DROP_SMALL_QUALITY))
        if position + 1 < len(words):
            options += self._joins(word, words[position + 1])
        return options

    def _joins(self, word: str, following: str) -> list[_Option]:
        joined = word + following
        if joined in self._words:
            return [_Option((joined,), 2, _JOIN_QUALITY)]
        if word in self._words and following in self._words:
            return []
        return [
            _Option((other,), 2, _JOIN_QUALITY * score)
            for other, score in self._nearest(joined)
            if score >= _MIN_SIMILARITY_OF_JOIN
        ]

    def _splits(self, word: str) -> list[_Option]:
        return [
            _Option((word[:cut], word[cut:]), 1, _JOIN_QUALITY)
            for cut in range(_MIN_SPLIT, len(word) - _MIN_SPLIT + 1)
            if word[:cut] in self._words and word[cut:] in self._words
        ]

    def _find_nearest(self, word: str) -> tuple[tuple[str, float], ...]:
        """The words most similar to one that is not known, with their similarity."""
        if len(word) < _MIN_LETTERS:
            return ()
        by_spelling = process.extract(
            word, self._list, scorer=fuzz.ratio, score_cutoff=_MIN_SPELLING, limit=2 * _OPTIONS
        )
        by_sound = process.extract(
            sound_key(word),
            self._keys,
            scorer=fuzz.ratio,
            score_cutoff=_MIN_SPELLING,
            limit=2 * _OPTIONS,
        )
        found = chain(
            (self._list[position] for _, _, position in chain(by_spelling, by_sound)),
            self._skeletons.get(skeleton(word), ()),
        )
        scored = ((other, similarity(word, other)) for other in dict.fromkeys(found))
        near = [pair for pair in scored if pair[1] >= _MIN_SIMILARITY and len(pair[0]) > 1]
        return tuple(sorted(near, key=lambda pair: (-pair[1], pair[0]))[:_OPTIONS])
