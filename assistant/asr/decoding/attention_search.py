"""Beam search with an attention decoder, and its scores of other texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from assistant.asr.networks.network import AttentionDecoder, Floats, State
from assistant.asr.vocabulary.tokens import WORD_START
from assistant.asr.vocabulary.word_pieces import END, START

MOST_PIECES = 120
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


class _Known(NamedTuple):
    """What came of one piece."""

    log_probs: Floats
    """Of the next piece, [V]."""
    added: State
    """To what the decoder remembers: keys and values [layers, heads, 1, size]."""


class Continuations:
    """What a decoder expects after each beginning of a sentence, asked for each once.

    Texts that are compared differ in a few words. Beginnings are told by the pieces after `text`,
    the words that were said before.
    """

    def __init__(self, decoder: AttentionDecoder, cross_kv: State, text: str = "") -> None:
        self.decoder, self._cross_kv = decoder, cross_kv
        pieces = [START, *decoder.pieces.encode(text)]
        past = decoder.initial_past(1)
        for position, piece in enumerate(pieces):
            log_probs, past = decoder.step(np.array([piece]), position, cross_kv, past)
        self._before = past
        self._known: dict[tuple[int, ...], _Known] = {(): _Known(log_probs[0], ())}
        self.position = len(pieces)
        """Of the first piece after the text."""

    def log_probs(self, beginnings: Sequence[tuple[int, ...]]) -> list[Floats]:
        """Of each piece [V] after each beginning; all beginnings have equally many pieces."""
        known = self._known
        new = [each for each in dict.fromkeys(beginnings) if each not in known]
        if new:
            before = [each[:-1] for each in new]
            self.log_probs(before)
            # What comes after the last position that a decoder knows counts as if it stood there.
            position = min(self.position + len(before[0]), MOST_PIECES)
            pieces = np.array([each[-1] for each in new])
            log_probs, past = self.decoder.step(
                pieces, position, self._cross_kv, self._past(before)
            )
            for row, (each, of_each) in enumerate(zip(new, log_probs, strict=True)):
                # Copies: all of the past would be kept else, of every beginning.
                added = tuple(part[:, row, :, -1:].copy() for part in past)
                known[each] = _Known(of_each, added)
        return [known[each].log_probs for each in beginnings]

    def _past(self, beginnings: Sequence[tuple[int, ...]]) -> State:
        """What the decoder remembers of beginnings that have equally many pieces."""
        own = [
            [self._known[each[:count]].added for count in range(1, len(each) + 1)]
            for each in beginnings
        ]
        return tuple(
            np.stack(
                [
                    np.concatenate([before[:, 0], *(added[part] for added in each)], axis=2)
                    for each in own
                ],
                axis=1,
            )
            for part, before in enumerate(self._before)
        )


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
    gained: list[list[float]] = [[] for _ in texts]
    for count in range(max(map(len, targets), default=0)):
        longer = [row for row, target in enumerate(targets) if count < len(target)]
        log_probs = continuations.log_probs([targets[row][:count] for row in longer])
        for row, of_each in zip(longer, log_probs, strict=True):
            gained[row].append(float(of_each[targets[row][count]]))
    return [
        _scored(decoder, target[:-1], tuple(row))
        for target, row in zip(targets, gained, strict=True)
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
