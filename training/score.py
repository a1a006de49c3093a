"""Word error rate with a bootstrap interval (Bisani and Ney, 2004); area under a curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from training import text

_FOLDED = {"oz": "ounce", "ok": "okay", "ounces": "ounce"}
_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Word error rate of a set, the 95 % interval over utterances, and how many are all right."""

    rate: float
    low: float
    high: float
    right: int
    utterances: int

    def __str__(self) -> str:
        interval = f"{self.low:.1%} to {self.high:.1%}"
        return f"{self.rate:6.1%} ({interval}), {self.right}/{self.utterances} all right"


def words(line: str) -> list[str]:
    """A line as it is compared: as spoken, with equal spellings folded."""
    return [_FOLDED.get(word, word) for word in text.normalise(line).split()]


def word_errors(pairs: Sequence[tuple[str, str]], seed: int = 0) -> WordErrors:
    """Score (reference, heard) pairs; raises ValueError when no reference has a word."""
    spoken = [words(reference) for reference, _ in pairs]
    wrong = np.array(
        [
            Levenshtein.distance(reference, words(heard))
            for reference, (_, heard) in zip(spoken, pairs, strict=True)
        ]
    )
    length = np.array([len(reference) for reference in spoken])
    if not length.sum():
        raise ValueError("no reference has a word")
    draws = np.random.default_rng(seed).integers(len(pairs), size=(_DRAWS, len(pairs)))
    rates = wrong[draws].sum(1) / np.maximum(1, length[draws].sum(1))
    low, high = np.quantile(rates, [0.025, 0.975])
    rate = float(wrong.sum() / length.sum())
    return WordErrors(rate, float(low), float(high), int((wrong == 0).sum()), len(pairs))


def area_under_curve(of_one: NDArray[np.floating], of_other: NDArray[np.floating]) -> float:
    """How often a value of the first kind is above one of the second, which a tie is half of.

    The area under the receiver operating characteristic.
    """
    differences = of_one[:, None] - of_other[None]
    return float((differences > 0).mean() + 0.5 * (differences == 0).mean())
