"""What the transducer makes of texts that somebody else proposes.

Each text is cut into tokens in one way, the one that training used, and its score is the sum over
all alignments of these tokens: the forward algorithm of the transducer loss (Graves, "Sequence
transduction with recurrent neural networks", 2012), for all texts at once. Only where a text can
still stand at a frame the joiner is asked, and once for all texts with the same last tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.asr.biasing.shallow_fusion import Biaser
from assistant.asr.decoding.frames import ScoredFrame, SoundingFrames
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.decoding.word_graph import with_word
from assistant.asr.vocabulary.lexicon import Lexicon
from assistant.lattice.graph import Hypothesis, Word

_BEAM_THRESHOLD = 40.0
"""How far below its text's likeliest a position may be at any frame (natural log)."""

Doubles = NDArray[np.float64]
Cut = Callable[[str], Sequence[int]]
"""A word's tokens; none where it cannot be written."""


@dataclass(frozen=True, slots=True)
class TokenisedText:
    """A text as a row of U tokens, and the U + 1 positions before and after them."""

    words: tuple[str, ...]
    """As they are written."""
    tokens: tuple[int, ...]
    word_of: tuple[int, ...]
    """The word that each token belongs to."""
    contexts: tuple[int, ...]
    """The last tokens at each position."""
    added: tuple[float, ...]
    """What is added to the score with each token."""
    boost: float
    """How much of all of it biasing gave."""
    ending: float
    """What is added where the utterance ends after the text."""


def tokenised(
    text: str, cut: Cut, vocabulary: Vocabulary, bias: Biaser, lexicon: Lexicon
) -> TokenisedText | None:
    """The tokens of a text and what biasing and the list of words make of them.

    None where a word cannot be written with the tokens.
    """
    words = text.split()
    cuts = [tuple(cut(word)) for word in words]
    if not all(cuts):
        return None
    tokens = [token for each in cuts for token in each]
    contexts = [vocabulary.start]
    added, boosts, state, letters = [], [], bias.start, ""
    for token in tokens:
        boosts.append(bias.boost(state, token))
        added.append(float(lexicon.costs(letters)[token]) + boosts[-1])
        state = bias.next(state, token)
        contexts.append(vocabulary.context(contexts[-1], token))
        letters = "" if vocabulary.begins[token] else letters
        letters += vocabulary.texts[token]
    taken_back = bias.finish(state)
    return TokenisedText(
        words=tuple(bias.written(word) for word in words),
        tokens=tuple(tokens),
        word_of=tuple(number for number, each in enumerate(cuts) for _ in each),
        contexts=tuple(contexts),
        added=tuple(added),
        boost=round(sum(boosts) + taken_back, 6),
        ending=taken_back + lexicon.ending(letters),
    )


class TranscriptScorer:
    """Scores texts against one utterance; a frame may emit up to `max_symbols` tokens."""

    def __init__(
        self, vocabulary: Vocabulary, max_symbols: int, texts: Sequence[TokenisedText]
    ) -> None:
        self._blank = vocabulary.network.blank_id
        self._max_symbols, self._texts = max_symbols, texts
        shape = len(texts), 1 + max((len(text.tokens) for text in texts), default=0)
        self._context = np.zeros(shape, np.int64)
        self._token = np.zeros(shape, np.int64)
        self._added = np.full(shape, -np.inf)
        """Nothing comes after a text's last token."""
        for row, text in enumerate(texts):
            self._context[row, : len(text.contexts)] = text.contexts
            self._token[row, : len(text.tokens)] = text.tokens
            self._added[row, : len(text.tokens)] = text.added

    def scored(self, sounding: SoundingFrames, frame_s: float) -> list[Hypothesis]:
        """The texts that could be said with some frames, as they score and time them."""
        if not self._texts:
            return []
        log_probs = np.full(self._token.shape, -np.inf)
        log_probs[:, 0] = sounding.blanks
        emitted = np.zeros((len(sounding.frames), *log_probs.shape), np.int8)
        for frame, counts in zip(sounding.frames, emitted, strict=True):
            log_probs = self._after(frame, log_probs, counts)
        found = []
        for row, text in enumerate(self._texts):
            log_prob = float(log_probs[row, len(text.tokens)]) + text.ending
            if log_prob > -np.inf:
                places = _frames(emitted[:, row], len(text.tokens))
                frames = [sounding.numbers[place] for place in places]
                found.append(Hypothesis(_timed(text, frames, frame_s), log_prob, text.boost))
        return found

    def _after(self, frame: ScoredFrame, log_probs: Doubles, emitted: NDArray[np.int8]) -> Doubles:
        """The positions' summed scores [texts, positions] after one more frame.

        `emitted` gets the number of tokens that the frame had on the likeliest way to each.
        """
        blanks, onward = self._steps(frame, log_probs)
        after, best = log_probs + blanks, log_probs + blanks
        moved = log_probs
        for count in range(1, self._max_symbols + 1):
            moved = _shifted(moved + onward)
            way = moved + blanks if count < self._max_symbols else moved
            emitted[way > best] = count
            best = np.maximum(best, way)
            after = np.logaddexp(after, way)
        return np.where(after > after.max(axis=1, keepdims=True) - _BEAM_THRESHOLD, after, -np.inf)

    def _steps(self, frame: ScoredFrame, log_probs: Doubles) -> tuple[Doubles, Doubles]:
        """Log-probabilities [texts, positions] of a blank at each position, and of its next token.

        Minus infinity where no text can be at this frame.
        """
        reached = log_probs > -np.inf
        for _ in range(self._max_symbols - 1):
            reached[:, 1:] |= reached[:, :-1]
        positions = np.nonzero(reached)
        rows = frame.rows(self._context[positions].tolist())
        blanks, onward = np.full(log_probs.shape, -np.inf), np.full(log_probs.shape, -np.inf)
        blanks[positions] = frame.log_probs[rows, self._blank]
        onward[positions] = frame.log_probs[rows, self._token[positions]] + self._added[positions]
        return blanks, onward


def _shifted(log_probs: Doubles) -> Doubles:
    """Each position's scores at the next one."""
    moved = np.full(log_probs.shape, -np.inf)
    moved[:, 1:] = log_probs[:, :-1]
    return moved


def _frames(emitted: NDArray[np.int8], tokens: int) -> list[int]:
    """The frame of each token, by how many each frame emitted on the way to each position."""
    frames = [0] * tokens
    position = tokens
    for frame in range(len(emitted) - 1, -1, -1):
        for _ in range(int(emitted[frame, position])):
            position -= 1
            frames[position] = frame
    return frames


def _timed(text: TokenisedText, frames: Sequence[int], frame_s: float) -> tuple[Word, ...]:
    words: tuple[Word, ...] = ()
    for number, word in enumerate(text.words):
        of_word = [frame for at, frame in zip(text.word_of, frames, strict=True) if at == number]
        words = with_word(words, word, of_word[0], of_word[-1], frame_s)
    return words
