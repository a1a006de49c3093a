"""The ear of one utterance: voice activity and recognition over blocks of audio.

Everything here is heavy and blocks: it runs in the worker thread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from assistant.asr.result import RecogniserStream, RecognitionResult
from assistant.audio.vad import VoiceActivity
from assistant.blocks import Block, seconds
from assistant.lattice import Hypothesis, Lattice, log_sum_exp

_WAKE_WORD_LIKENESS = 60.0
_WAKE_WORD_SURE = 85.0
_WAKE_WORD_TAIL_S = 0.25


@dataclass(frozen=True, slots=True)
class Heard:
    """What a block of audio brought."""

    end_s: float
    voice: tuple[tuple[float, float], ...]
    """For each frame, the second at which it ends and the probability of speech."""
    result: RecognitionResult


@dataclass(frozen=True, slots=True)
class WakeWordSaid:
    """The wake word that the utterance's audio may begin with."""

    word: str
    end_s: float
    """Where in the utterance's audio it was detected."""


class Ear:
    """Hears one utterance. `wake` says what is to be left out of its words."""

    def __init__(
        self, stream: RecogniserStream, voice: VoiceActivity, wake: WakeWordSaid | None
    ) -> None:
        self._stream = stream
        self._voice = voice
        self._wake = wake
        self.samples = 0
        """How much was heard."""
        self._looked: RecognitionResult | None = None

    def take(self, block: Block) -> Heard:
        """Hear the next block of the utterance."""
        voice = tuple((end_s, self._voice.process(frame)) for frame, end_s in block.frames())
        self._stream.accept(block.samples)
        self.samples += block.samples.size
        result = self._stream.partial()
        if self._looked is not None and self._looked.heard_no_less_than(result):
            result = self._looked
        return Heard(seconds(block.end), voice, self._own(result))

    def peek(self) -> RecognitionResult:
        """The result for all that was heard so far."""
        self._looked = self._stream.peek(self._looked)
        return self._own(self._looked)

    def finish(self) -> RecognitionResult:
        """The final result, which is that of the last look if nothing was said since."""
        return self._own(self._stream.finish(self._looked))

    def _own(self, result: RecognitionResult) -> RecognitionResult:
        return result if self._wake is None else without_wake_word(result, self._wake)


def without_wake_word(result: RecognitionResult, wake: WakeWordSaid) -> RecognitionResult:
    """The result less the wake word at its beginning; hypotheses that become equal are joined.

    In the lattice no word is said up to where the best hypothesis' wake word ends.
    """
    joined: dict[str, list[Hypothesis]] = {}
    for hypothesis in result.nbest:
        own = replace(hypothesis, words=hypothesis.words[_wake_words(hypothesis, wake) :])
        joined.setdefault(own.text, []).append(own)
    nbest = [
        replace(same[0], log_prob=log_sum_exp(item.log_prob for item in same))
        for same in joined.values()
    ]
    nbest.sort(key=lambda hypothesis: -hypothesis.log_prob)
    said = result.nbest[0].words[: _wake_words(result.nbest[0], wake)]
    lattice = _silenced(result.lattice, said[-1].end_s) if said else result.lattice
    return replace(result, nbest=tuple(nbest), lattice=lattice)


def _silenced(lattice: Lattice, until_s: float) -> Lattice:
    """The lattice without the words that end by `until_s`."""
    edges = (
        replace(edge, word="") if lattice.nodes[edge.end].time_s <= until_s else edge
        for edge in lattice.edges
    )
    return replace(lattice, edges=tuple(edges))


def _wake_words(hypothesis: Hypothesis, wake: WakeWordSaid) -> int:
    """How many words at the beginning belong to the wake word.

    A word does that ended before the wake word was detected. Detection comes late, though, and who
    does not pause has begun the command by then: fewer words are it where they are surely spelt
    so. Recognisers write a word late, so words a little after it are it, too, if they are alike.
    """
    words = hypothesis.words
    before = sum(word.end_s <= wake.end_s for word in words)
    spoken = wake.word.replace("_", "").replace(" ", "")
    reached = sum(word.start_s <= wake.end_s + _WAKE_WORD_TAIL_S for word in words)
    likeness = {
        count: fuzz.ratio("".join(word.text for word in words[:count]), spoken)
        for count in range(1, max(before, reached) + 1)
    }
    best = max(likeness, key=lambda count: likeness[count], default=before)
    needed = _WAKE_WORD_SURE if best < before else _WAKE_WORD_LIKENESS
    return best if likeness.get(best, 0.0) >= needed else before


def confidence(result: RecognitionResult) -> float:
    """Probability of the best hypothesis among those that were kept; 0 for no words."""
    if not result.nbest[0].words:
        return 0.0
    total = log_sum_exp(hypothesis.log_prob for hypothesis in result.nbest)
    return math.exp(result.nbest[0].log_prob - total)
