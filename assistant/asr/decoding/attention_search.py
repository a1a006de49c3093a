"""Beam search with an attention decoder, and its scores of other texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.asr.networks.network import LAST_POSITION, AttentionDecoder, Floats
from assistant.asr.vocabulary.tokens import WORD_START
from assistant.asr.vocabulary.word_pieces import END, START

MOST_PIECES = LAST_POSITION
"""A decoder that goes on and on repeats itself."""
PIECES_A_STEP = 0.25
"""Nobody says more than this in 20 ms of speech, 12 pieces a second."""


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A text and how likely (natural log) each of its words is, then that it ends there."""

    text: str
    words: tuple[float, ...]
    end: float

    @property
    def log_prob(self) -> float:
        """Of all of it."""
        return sum(self.words) + self.end


class Continuations:
    """What a decoder expects after each beginning of a sentence, asked for each once.

    Texts that are compared differ in a few words. Beginnings are told by the pieces after `text`,
    the words that were said before.
    """

    def __init__(self, decoder: AttentionDecoder, inner: Floats, text: str = "") -> None:
        self.decoder = decoder
        self._tree = decoder.tree(inner)
        self._before = (START, *decoder.pieces.encode(text))
        self._nodes: dict[tuple[int, ...], int] = {}
        self._log_probs: list[Floats] = []

    @property
    def position(self) -> int:
        """Of the first piece after the text."""
        return len(self._before)

    def log_probs(self, beginnings: Sequence[tuple[int, ...]]) -> list[Floats]:
        """Of each piece [V] after each beginning."""
        nodes, new = self._nodes, []
        branches = [(*self._before, *each) for each in beginnings]
        for branch in branches:
            for count in range(1, len(branch) + 1):
                if branch[:count] not in nodes:
                    nodes[branch[:count]] = len(nodes)
                    new.append(branch[:count])
        if new:
            parents = [nodes.get(each[:-1], -1) for each in new]
            self._log_probs += [*self._tree.grow(parents, [each[-1] for each in new])]
        return [self._log_probs[nodes[branch]] for branch in branches]


@dataclass(frozen=True, slots=True)
class _Sentence:
    pieces: tuple[int, ...]
    log_probs: tuple[float, ...]
    score: float


def decode(
    continuations: Continuations,
    steps: int,
    beam: int,
    shortest: int = 0,
    least: float = -np.inf,
) -> list[ScoredText]:
    """The likeliest texts, best first, at most `beam`, likelier than `least` (natural log).

    For `steps` of 20 ms; none has fewer than `shortest` letters, the spaces among them.
    """
    decoder = continuations.decoder
    most = min(MOST_PIECES - continuations.position + 1, 4 + int(PIECES_A_STEP * steps))
    open_ones = [_Sentence((), (), 0.0)]
    done: list[_Sentence] = []
    for _ in range(most):
        log_probs = continuations.log_probs([each.pieces for each in open_ones])
        ended = [_longer(each, END, row) for each, row in zip(open_ones, log_probs, strict=True)]
        done += [
            each
            for each in ended
            if each.score > least and len(decoder.pieces.decode(each.pieces)) >= shortest
        ]
        done = sorted(done, key=_total, reverse=True)[:beam]
        # A longer sentence is never likelier than its beginning.
        bound = max(least, done[-1].score) if len(done) == beam else least
        open_ones = _extended(open_ones, log_probs, beam, bound)
        if not open_ones:
            break
    return [_scored(decoder, sentence.pieces, sentence.log_probs) for sentence in done]


def _total(sentence: _Sentence) -> float:
    return sentence.score


def _extended(
    sentences: Sequence[_Sentence], log_probs: Sequence[Floats], beam: int, least: float
) -> list[_Sentence]:
    """The `beam` best sentences with one more piece, best first; only those above `least`."""
    totals = np.stack(log_probs) + np.array([[each.score] for each in sentences], np.float32)
    totals[:, [END, START]] = -np.inf
    rows, pieces = np.nonzero(totals > least)
    if len(rows) > beam:
        best = np.argpartition(-totals[rows, pieces], beam - 1)[:beam]
        rows, pieces = rows[best], pieces[best]
    longer = [
        _longer(sentences[row], piece, log_probs[row])
        for row, piece in zip(rows.tolist(), pieces.tolist(), strict=True)
    ]
    return sorted(longer, key=_total, reverse=True)


def _longer(sentence: _Sentence, piece: int, log_probs: Floats) -> _Sentence:
    added = float(log_probs[piece])
    pieces = sentence.pieces if piece == END else (*sentence.pieces, piece)
    return _Sentence(pieces, (*sentence.log_probs, added), sentence.score + added)


def score(continuations: Continuations, texts: Sequence[str]) -> list[ScoredText]:
    """How likely each of some texts is to go on from the words before."""
    decoder = continuations.decoder
    targets = [(*decoder.pieces.encode(text), END) for text in texts]
    beginnings = [target[:count] for target in targets for count in range(len(target))]
    rows = iter(continuations.log_probs(beginnings))
    return [
        _scored(decoder, target[:-1], tuple(float(next(rows)[piece]) for piece in target))
        for target in targets
    ]


def _scored(
    decoder: AttentionDecoder, pieces: tuple[int, ...], log_probs: tuple[float, ...]
) -> ScoredText:
    """What the pieces say. One that is only the space between words belongs to a word beside it."""
    words, lettered, end = [0.0], False, log_probs[-1]
    for number, log_prob in zip(pieces, log_probs[:-1], strict=True):
        piece = decoder.pieces.pieces[number]
        if lettered and piece.startswith(WORD_START):
            words.append(0.0)
            lettered = False
        words[-1] += log_prob
        lettered = lettered or piece.strip(WORD_START) != ""
    if not lettered:
        end += words.pop()
    return ScoredText(decoder.pieces.decode(pieces), tuple(words), end)
