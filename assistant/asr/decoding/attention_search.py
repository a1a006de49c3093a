"""Beam search with an attention decoder, and its scores of other texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True)
class _Sentence:
    pieces: tuple[int, ...]
    log_probs: tuple[float, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Prefix:
    """The beginning of a sentence, known before the search."""

    decoder: AttentionDecoder
    cross_kv: State
    piece: int
    """The last one."""
    position: int
    past: State
    """What the decoder remembers of the pieces before it."""


def prefix_of(decoder: AttentionDecoder, cross_kv: State, text: str = "") -> Prefix:
    """A sentence that begins with `text`, the words that were said first."""
    pieces = [START, *decoder.pieces.encode(text)]
    past = decoder.initial_past(1)
    for position, piece in enumerate(pieces[:-1]):
        _, past = decoder.step(np.array([piece]), position, cross_kv, past)
    return Prefix(decoder, cross_kv, pieces[-1], len(pieces) - 1, past)


def decode(prefix: Prefix, steps: int, beam: int, shortest: int = 0) -> list[ScoredText]:
    """The likeliest texts, best first, at most `beam`, that go on from the prefix.

    For `steps` of 20 ms; none has fewer than `shortest` letters, the spaces among them.
    """
    decoder = prefix.decoder
    most = min(MOST_PIECES - prefix.position, 4 + int(PIECES_A_STEP * steps))
    open_ones = [_Sentence((prefix.piece,), (), 0.0)]
    past = prefix.past
    done: list[_Sentence] = []
    for position in range(prefix.position, prefix.position + most):
        last = np.array([sentence.pieces[-1] for sentence in open_ones])
        log_probs, past = decoder.step(last, position, prefix.cross_kv, past)
        ended, chosen = _extended(open_ones, log_probs, beam)
        done += [each for each in ended if len(_text(decoder, each)) >= shortest]
        done = sorted(done, key=_total, reverse=True)[:beam]
        # A longer sentence is never likelier than its beginning.
        least = done[-1].score if len(done) == beam else -np.inf
        chosen = [(row, sentence) for row, sentence in chosen if sentence.score > least]
        if not chosen:
            break
        rows = [row for row, _ in chosen]
        open_ones = [sentence for _, sentence in chosen]
        past = tuple(part[:, rows] for part in past)
    return [_scored(decoder, sentence.pieces[1:], sentence.log_probs) for sentence in done]


def _text(decoder: AttentionDecoder, sentence: _Sentence) -> str:
    return decoder.pieces.decode(sentence.pieces[1:])


def _total(sentence: _Sentence) -> float:
    return sentence.score


def _extended(
    sentences: Sequence[_Sentence], log_probs: Floats, beam: int
) -> tuple[list[_Sentence], list[tuple[int, _Sentence]]]:
    """The sentences that end here, and the `beam` best longer ones with the rows they grew from."""
    ended = [_longer(each, END, row) for each, row in zip(sentences, log_probs, strict=True)]
    totals = log_probs + np.array([[each.score] for each in sentences], np.float32)
    totals[:, [END, START]] = -np.inf
    count = min(beam, totals.size)
    least = np.partition(totals, totals.size - count, axis=None)[-count]
    rows, pieces = (each.tolist() for each in np.nonzero(totals >= least))
    longer = [
        (row, _longer(sentences[row], piece, log_probs[row]))
        for row, piece in zip(rows, pieces, strict=True)
        if piece not in (END, START)
    ]
    # More where several are as good as the last one.
    return ended, sorted(longer, key=lambda each: -each[1].score)[:beam]


def _longer(sentence: _Sentence, piece: int, log_probs: Floats) -> _Sentence:
    added = float(log_probs[piece])
    pieces = sentence.pieces if piece == END else (*sentence.pieces, piece)
    return _Sentence(pieces, (*sentence.log_probs, added), sentence.score + added)


def score(prefix: Prefix, texts: Sequence[str]) -> list[ScoredText]:
    """How likely each of some texts is to go on from the prefix."""
    decoder = prefix.decoder
    if not texts:
        return []
    targets = [(*decoder.pieces.encode(text), END) for text in texts]
    given = _inputs(prefix.piece, targets)
    past = tuple(np.repeat(part, len(texts), axis=1) for part in prefix.past)
    gained: list[list[float]] = [[] for _ in texts]
    for count in range(given.shape[1] - 1):
        # What comes after the last position that a decoder knows is scored as if it stood there.
        position = min(prefix.position + count, MOST_PIECES)
        log_probs, past = decoder.step(given[:, count], position, prefix.cross_kv, past)
        for row, target in enumerate(targets):
            if count < len(target):
                gained[row].append(float(log_probs[row, target[count]]))
    return [
        _scored(decoder, target[:-1], tuple(row))
        for target, row in zip(targets, gained, strict=True)
    ]


def _inputs(first: int, targets: Sequence[tuple[int, ...]]) -> NDArray[np.int64]:
    """`first` and the pieces, [texts, longest + 1]; after a text's end it does not matter."""
    given = np.full((len(targets), max(map(len, targets)) + 1), END)
    given[:, 0] = first
    for row, target in enumerate(targets):
        given[row, 1 : len(target) + 1] = target
    return given


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
