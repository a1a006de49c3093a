"""A long utterance is decoded again in parts; the text of a part that is over stays.

A part is some seconds long and ends where the sound is quietest, which is a pause where there is
one. So the second of two passes takes no longer for a long utterance than for a short one, and it
needs no more memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from assistant.asr.networks.network import Floats, State
from assistant.asr.result import RecognitionResult
from assistant.lattice.from_nbest import lattice_of
from assistant.lattice.graph import Edge, Hypothesis, Lattice, Node, Word, with_posteriors

LONGEST_PART: Final = 1000
"""Frames of 10 ms: when more were heard, the first part of them is over."""
PART: Final = (480, 800)
"""Between these frames it ends."""
_SHORTEST_BLOCK: Final = 0.4
"""Of the longest one."""
_PAUSE: Final = 20
"""Frames whose mean is compared."""
NO_INNER: Final = np.zeros((0, 0), np.float32)


def quietest(features: Floats, first: int, last: int) -> int:
    """Where features [N, mels] are quietest, at one of the frames from `first` to `last`."""
    start = max(0, first - _PAUSE // 2)
    loudness = features[start : last + _PAUSE // 2].mean(axis=1)
    means = np.convolve(loudness, np.full(_PAUSE, 1 / _PAUSE), "valid")
    return first + int(means[: last - first + 1].argmin()) if means.size else first


def blocks(features: Floats, most: int, multiple: int) -> list[Floats]:
    """Features [N, mels] cut where they are quiet, at most `most` frames a block.

    All have a multiple of `multiple` frames if N is one.
    """
    least = int(_SHORTEST_BLOCK * most)
    cut: list[Floats] = []
    while len(features) > most:
        place = quietest(features, least, min(most, len(features) - least))
        place -= place % multiple
        cut.append(features[:place])
        features = features[place:]
    return [*cut, features]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The parts of an utterance that are over."""

    state: State
    """What the encoder remembers of them."""
    end_s: float
    best: Hypothesis
    """What was said in all of them."""
    text: str
    """What was said in the last of them; nothing where nobody spoke."""
    inner: Floats
    """The encoder's inner outputs of that one."""
    nbest: tuple[Hypothesis, ...] = ()
    """What may have been said in all of them: `best`, and others for the last of them."""

    @classmethod
    def nothing(cls, state: State) -> Earlier:
        """Before the first part."""
        return cls(state, 0.0, Hypothesis((), 0.0), "", NO_INNER)

    def and_then(self, part: DecodedPart, length_s: float) -> Earlier:
        """With one more part, of so many seconds."""
        nbest = tuple(self._with(each) for each in part.result.nbest)
        said = part.result.text
        return Earlier(part.state, self.end_s + length_s, nbest[0], said, part.inner, nbest)

    def silent(self, length_s: float) -> Earlier:
        """With so many seconds in which nobody speaks; the encoder need not hear them."""
        return replace(self, end_s=self.end_s + length_s, text="", inner=NO_INNER)

    def before(self, result: RecognitionResult) -> RecognitionResult:
        """The result of the part after them as one of the whole utterance."""
        if not self.end_s:
            return result
        if len(self.nbest) > 1 and not result.nbest[0].words:
            return self._before_silence(result)
        nbest = tuple(self._with(each) for each in result.nbest)
        names = tuple(
            replace(each, start_s=each.start_s + self.end_s, end_s=each.end_s + self.end_s)
            for each in result.names
        )
        lattice = self._chained(result.lattice)
        return replace(result, nbest=nbest, lattice=lattice, names=names)

    def _before_silence(self, result: RecognitionResult) -> RecognitionResult:
        """Where nothing was said since, most likely: how sure they were is not to be lost.

        A noise in the pause may still be a word: that they are over is one hypothesis of others.
        """
        silence, *others = result.nbest
        ended = [self._after(each, silence) for each in self.nbest]
        ranked = sorted([*ended, *map(self._with, others)], key=lambda each: -each.log_prob)
        nbest = tuple(ranked[: max(len(ended), len(result.nbest))])
        return replace(result, nbest=nbest, lattice=with_posteriors(lattice_of(nbest)))

    def _with(self, hypothesis: Hypothesis) -> Hypothesis:
        return self._after(self.best, hypothesis)

    def _after(self, before: Hypothesis, hypothesis: Hypothesis) -> Hypothesis:
        """One of what was said before and one of what came after them as one hypothesis."""
        words = tuple(
            Word(each.text, each.start_s + self.end_s, each.end_s + self.end_s)
            for each in hypothesis.words
        )
        return Hypothesis(
            (*before.words, *words),
            before.log_prob + hypothesis.log_prob,
            round(before.boost + hypothesis.boost, 6),
            # With more words it is no sentence of the home any more.
            hypothesis.sentence_boost if hypothesis.words else before.sentence_boost,
        )

    def _chained(self, lattice: Lattice) -> Lattice:
        """A lattice with their words before it; all of their score is the first word's."""
        words = self.best.words
        count = len(words)
        ends = [0.0, *(word.end_s for word in words[:-1])]
        nodes = [Node(number, ends[number]) for number in range(count)]
        nodes += [Node(node.id + count, node.time_s + self.end_s) for node in lattice.nodes]
        edges = [
            Edge(
                number,
                number + 1 if number + 1 < count else lattice.start + count,
                word.text,
                0.0 if number else self.best.log_prob,
                posterior=1.0,
                boost=0.0 if number else self.best.boost,
            )
            for number, word in enumerate(words)
        ]
        edges += [
            replace(edge, start=edge.start + count, end=edge.end + count) for edge in lattice.edges
        ]
        start = 0 if words else lattice.start
        return Lattice(tuple(nodes), tuple(edges), start, lattice.final + count)


@dataclass(frozen=True, slots=True)
class DecodedPart:
    """A part as two passes decoded it, in its own time, and what the encoder made of it."""

    result: RecognitionResult
    inner: Floats
    state: State

    @property
    def best(self) -> Hypothesis:
        """What was likeliest said in it."""
        return self.result.nbest[0]
