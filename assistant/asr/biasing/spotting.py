"""Where sequences of phonemes are said in an utterance, all of them at once.

Keyword spotting against a filler: the best alignment of each sequence (Viterbi, over the labels of
connectionist temporal classification with a blank between any two), which may begin and end
anywhere, relative to the best reading of the same frames without any constraint. 0 is a sequence
that is just what is heard; every nat below is a reason to doubt it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats

BLANK: Final = 0
_NEVER: Final = np.float32(-1e9)
_ALIKE: Final = 4
"""Sequences whose lengths differ by less go together: padding costs as much as phonemes do."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Aligns N sequences of about the same length, at least one phoneme, side by side.

    Arrays have a row for each phoneme of a sequence, up to L, and a column for each sequence.
    """

    labels: NDArray[np.int64]
    """The phonemes: [L, N]."""
    no_skip: Floats
    """Added where the blank before a phoneme is left out: [L - 1, N]; never for two of the same."""
    ends: tuple[NDArray[np.int64], NDArray[np.int64]]
    """Where in scores [L, N] the last phoneme of each sequence stands."""

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> Alignment:
        """For sequences of phonemes' numbers, none of them empty."""
        lengths = np.array([len(each) for each in sequences], np.int64)
        labels = np.full((int(lengths.max()), len(sequences)), BLANK)
        for column, numbers in enumerate(sequences):
            labels[: len(numbers), column] = numbers
        no_skip = np.where(labels[1:] != labels[:-1], np.float32(0), _NEVER)
        return cls(labels, no_skip, (lengths - 1, np.arange(len(sequences))))

    def forward(self, lost: Floats) -> Iterator[Floats]:
        """The best score [L, N] of each phoneme, frame by frame; the array is used again.

        By how far each label is behind the best one: [F, 1 + P], or [F, N, 1 + P] where it is
        another for each sequence.
        """
        phonemes = np.full(self.labels.shape, _NEVER)
        blanks = np.full(self.no_skip.shape, _NEVER)
        columns = np.arange(self.labels.shape[1])
        for row in lost:
            said = row.take(self.labels) if row.ndim == 1 else row[columns, self.labels]
            before = phonemes[:-1] + self.no_skip
            np.maximum(before, blanks, out=before)
            np.maximum(blanks, phonemes[:-1], out=blanks)
            blanks += row[..., BLANK]
            np.maximum(phonemes[1:], before, out=phonemes[1:])
            phonemes[0] = 0
            phonemes += said
            yield phonemes


class Spotter:
    """Looks for the same N sequences in one utterance after another."""

    def __init__(self, sequences: Sequence[Sequence[int]]) -> None:
        """For sequences of phonemes' numbers; an empty one is never found."""
        self._sequences = sequences
        self.lengths = np.array([len(each) for each in sequences], np.int64)
        """Phonemes of each sequence: [N]."""
        spoken = np.flatnonzero(self.lengths).tolist()
        by_length = sorted(spoken, key=lambda number: len(sequences[number]))
        alike = groupby(by_length, key=lambda number: len(sequences[number]) // _ALIKE)
        self._groups = [
            (numbers, Alignment.of([sequences[number] for number in numbers]))
            for numbers in (list(each) for _, each in alike)
        ]

    def scores(self, log_probs: Floats) -> Floats:
        """How well each sequence fits its best place in log-probabilities [F, 1 + P]: [N].

        A log-likelihood ratio against any other reading of the same frames, at most 0.
        """
        best = np.full(len(self.lengths), _NEVER)
        lost = _lost(log_probs)
        for numbers, alignment in self._groups:
            most = np.full(len(numbers), _NEVER)
            for score in alignment.forward(lost):
                np.maximum(most, score[alignment.ends], out=most)
            best[numbers] = most
        return best

    def places(self, numbers: Sequence[int], log_probs: Floats) -> list[tuple[int, int]]:
        """The frames of the first and last phoneme of some sequences, where each fits best."""
        if not numbers:
            return []
        sequences = [self._sequences[number] for number in numbers]
        lost = _lost(log_probs)
        some = Alignment.of(sequences)
        last = np.array([score[some.ends] for score in some.forward(lost)]).argmax(axis=0)
        # Backwards the same sequences end where they began. Frames [F, N, 1 + P]: those before
        # a sequence's last one, and frames that fit nothing after them.
        frames = last - np.arange(last.max() + 1)[:, None]
        turned = np.where(frames[..., None] >= 0, lost[frames], _NEVER)
        backwards = Alignment.of([each[::-1] for each in sequences])
        begun = np.array([score[backwards.ends] for score in backwards.forward(turned)])
        return list(zip((last - begun.argmax(axis=0)).tolist(), last.tolist(), strict=True))


def _lost(log_probs: Floats) -> Floats:
    return np.asarray(log_probs - log_probs.max(axis=1, keepdims=True))
