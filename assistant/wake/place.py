"""Where in the audio a wake word lies.

A detector is sure of its word up to 0.4 s after its end, and whoever does not pause has begun the
command by then. The recogniser knows better where words begin and end; it is told the wake word as
a name to favour, for what was certainly said should be heard as it is spelt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from assistant.asr.result import BiasPhrase, Recogniser
from assistant.audio.blocks import Block, seconds
from assistant.audio.source import SAMPLE_RATE
from assistant.lattice.graph import Word
from assistant.wake.words import spoken

_WEIGHT = 2.0
_SPELT = 75.0
"""How alike (0 to 100) words and a wake word must be written, for them to be it."""
_LAG_S = 0.12
"""A detector is at least so late; a later end has the command's first sound in it."""
_SILENCE = np.zeros(round(0.4 * SAMPLE_RATE), np.int16)
"""Completes the recogniser's last chunk, so that its first pass has heard all."""


@dataclass(frozen=True, slots=True)
class Call:
    """A wake word in a stream, in seconds of its audio."""

    begin_s: float
    end_s: float


def find_call(recogniser: Recogniser, block: Block, word: str) -> Call | None:
    """Where the wake word was said in the block that ends where it was detected. Heavy.

    `None` if it is not heard there.
    """
    phrase = spoken(word)
    stream = recogniser.open((BiasPhrase(phrase, _WEIGHT),))
    stream.accept(np.concatenate((block.samples, _SILENCE)))
    found = [_last(hypothesis.words, phrase) for hypothesis in stream.partial().nbest]
    alike, words = max(found, key=lambda each: each[0])
    if alike < _SPELT:
        return None
    start_s = seconds(block.start)
    end_s = min(start_s + words[-1].end_s, seconds(block.end) - _LAG_S)
    return Call(start_s + words[0].start_s, end_s)


def _last(words: Sequence[Word], phrase: str) -> tuple[float, Sequence[Word]]:
    """The words that are spelt most like the phrase, and how alike; of equals the last."""
    letters, longest = phrase.replace(" ", ""), len(phrase.split()) + 1
    best: tuple[float, Sequence[Word]] = (0.0, ())
    for begin in range(len(words)):
        for end in range(begin + 1, min(begin + longest, len(words)) + 1):
            span = words[begin:end]
            alike = fuzz.ratio("".join(word.text for word in span), letters)
            if alike >= best[0]:
                best = alike, span
    return best
