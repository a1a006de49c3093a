"""An utterance's frames as several searches hear them, each computed once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.networks.network import Floats

_AT_ONCE: Final = 4
"""Frames for which the joiner is asked together; a hypothesis mostly lives through several."""
SURE: Final = math.log(0.99)
"""A blank that is as likely (natural log) after every context is taken for certain.

Half of all frames are so, and of 470 recordings of people and commands, in noise too, none is
heard otherwise because no search looks for tokens in them.
"""


class _Block:
    """Frames one behind the other: who asks about one of them will ask about the others."""

    def __init__(self, vocabulary: Vocabulary, encoded: Floats) -> None:
        self.vocabulary, self._encoded = vocabulary, encoded
        self._rows: dict[int, int] = {}
        shape = 0, len(encoded)
        self.log_probs: Floats = np.zeros((*shape, len(vocabulary.texts)), np.float32)
        """[contexts, frames, tokens] of those known so far."""
        self.ends: Floats = np.zeros(shape, np.float32)

    def rows(self, contexts: Sequence[int]) -> list[int]:
        rows = self._rows
        new = [context for context in dict.fromkeys(contexts) if context not in rows]
        if new:
            log_probs, ends = self.vocabulary.scores(self._encoded, new)
            rows.update(zip(new, range(len(rows), len(rows) + len(new)), strict=True))
            if len(rows) > len(new):
                log_probs = np.concatenate([self.log_probs, log_probs])
                ends = np.concatenate([self.ends, ends])
            self.log_probs, self.ends = log_probs, ends
        return [rows[context] for context in contexts]


class ScoredFrame:
    """What an encoder output makes of the tokens after every context that was asked for.

    Several searches hear the same frame, mostly in the same contexts; the joiner is asked once.
    """

    def __init__(self, block: _Block, number: int) -> None:
        self._block, self._number = block, number
        self._asked: set[int] = set()

    @classmethod
    def of(cls, vocabulary: Vocabulary, encoded: Floats) -> list[ScoredFrame]:
        """The frames of encoder outputs [M, D] that follow each other."""
        blocks = (
            _Block(vocabulary, encoded[first : first + _AT_ONCE])
            for first in range(0, len(encoded), _AT_ONCE)
        )
        return [cls(block, number) for block in blocks for number in range(block.ends.shape[1])]

    def rows(self, contexts: Sequence[int]) -> list[int]:
        """The row of each context in what follows."""
        rows = self._block.rows(contexts)
        self._asked.update(rows)
        return rows

    @property
    def log_probs(self) -> Floats:
        """Those known so far [rows, tokens]; see `Vocabulary.scores`."""
        return self._block.log_probs[:, self._number]

    @property
    def ends(self) -> Floats:
        """Probabilities [rows] that the sentence has ended."""
        return self._block.ends[:, self._number]

    def likeliest(self, rows: NDArray[np.intp]) -> Floats:
        """The log-probability, in some rows, of the likeliest token that is no blank."""
        tokens = np.delete(self.log_probs[rows], self._block.vocabulary.network.blank_id, axis=1)
        likeliest: Floats = tokens.max(axis=1, initial=-np.inf)
        return likeliest

    @property
    def blank(self) -> float | None:
        """The least log-probability of a blank, where every context asked for is sure of one."""
        blanks = self.log_probs[list(self._asked), self._block.vocabulary.network.blank_id]
        least = float(blanks.min(initial=0.0))
        return least if self._asked and least > SURE else None


@dataclass(frozen=True, slots=True)
class SoundingFrames:
    """The frames in which a token may be said; between them there is no need to search.

    Two thirds of all frames are left out (Wang et al., "Accelerating RNN-T training and inference
    using CTC guidance", 2023, where another layer tells them; here the open search does).
    """

    frames: tuple[ScoredFrame, ...]
    numbers: tuple[int, ...]
    """Where they stand among all."""
    blanks: float
    """Log-probability of the blanks that are left out."""

    @classmethod
    def of(cls, heard: Sequence[ScoredFrame]) -> SoundingFrames:
        """Those of all frames, after a search that was free to say anything."""
        blanks = [frame.blank for frame in heard]
        numbers = tuple(number for number, blank in enumerate(blanks) if blank is None)
        return cls(
            tuple(heard[number] for number in numbers),
            numbers,
            sum(blank for blank in blanks if blank is not None),
        )
