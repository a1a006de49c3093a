"""Where sequences of phonemes are said in an utterance, all of them at once.

Keyword spotting against a filler: the best alignment of each sequence (Viterbi, over the labels of
connectionist temporal classification with a blank between any two), which may begin and end
anywhere, relative to the best reading of the same frames without any constraint. 0 is a sequence
that is just what is heard; every nat below is a reason to doubt it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats

BLANK = 0
_NEVER = np.float32(-1e9)


@dataclass(frozen=True, slots=True)
class Spotter:
    """Looks for the same N sequences in one utterance after another.

    Arrays have a row for each state of an alignment, phonemes and blanks in turn, and a column for
    each sequence.
    """

    lengths: NDArray[np.int64]
    """Phonemes of each sequence: [N]."""
    labels: NDArray[np.int64]
    """Of each state: [S, N]."""
    no_skip: Floats
    """Added where a blank between two phonemes is left out; never for two of the same."""
    ends: tuple[NDArray[np.int64], NDArray[np.int64]]
    """Where in scores [S, N] the last phoneme of each sequence stands."""

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> Spotter:
        """For sequences of phonemes' numbers; an empty one is never found."""
        lengths = np.array([len(each) for each in sequences], np.int64)
        labels = np.full((2 * int(lengths.max(initial=1)) - 1, len(sequences)), BLANK)
        for column, numbers in enumerate(sequences):
            labels[: 2 * len(numbers) : 2, column] = numbers
        skips = labels[2::2] != labels[:-2:2]
        no_skip = np.where(skips, np.float32(0), _NEVER)
        ends = np.maximum(0, 2 * lengths - 2), np.arange(len(sequences))
        return cls(lengths, labels, no_skip, ends)

    def scores(self, log_probs: Floats) -> Floats:
        """How well each sequence fits its best place in log-probabilities [F, 1 + P]: [N].

        A log-likelihood ratio against any other reading of the same frames, at most 0.
        """
        best = np.full(len(self.lengths), _NEVER)
        for score in self.forward(log_probs):
            np.maximum(best, score[self.ends], out=best)
        best[self.lengths == 0] = _NEVER
        return best

    def places(self, numbers: Sequence[int], log_probs: Floats) -> list[tuple[int, int]]:
        """The frames of the first and last phoneme of some sequences, where each fits best."""
        if not numbers:
            return []
        sequences = [self.labels[: 2 * self.lengths[n] : 2, n].tolist() for n in numbers]
        some = Spotter.of(sequences)
        ended = np.array([score[some.ends] for score in some.forward(log_probs)])
        last = ended.argmax(axis=0)
        # Backwards the same sequences end where they began. Frames [F, N, 1 + P]: those before
        # a sequence's last one, and frames that fit nothing after them.
        frames = last - np.arange(last.max() + 1)[:, None]
        turned = np.where(frames[..., None] >= 0, _lost(log_probs)[frames], _NEVER)
        backwards = Spotter.of([each[::-1] for each in sequences])
        begun = np.array([score[backwards.ends] for score in backwards.advance(turned)])
        return list(zip((last - begun.argmax(axis=0)).tolist(), last.tolist(), strict=True))

    def forward(self, log_probs: Floats) -> Iterator[Floats]:
        """The best score of each state [S, N], frame by frame, in log-probabilities [F, 1 + P]."""
        return self.advance(_lost(log_probs)[:, None])

    def advance(self, lost: Floats) -> Iterator[Floats]:
        """The same by how far each label is behind the best one: [F, N or 1, 1 + P]."""
        score = np.full(self.labels.shape, _NEVER)
        phonemes, each = self.labels[::2], np.arange(lost.shape[1])
        for row in lost:
            after = score.copy()
            np.maximum(after[1:], score[:-1], out=after[1:])
            np.maximum(after[2::2], score[:-2:2] + self.no_skip, out=after[2::2])
            after[0] = 0
            after[::2] += row[each, phonemes]
            after[1::2] += row[:, BLANK]
            score = after
            yield score


def _lost(log_probs: Floats) -> Floats:
    return np.asarray(log_probs - log_probs.max(axis=1, keepdims=True))
