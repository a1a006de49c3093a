"""What listens to one utterance: voice activity and recognition over blocks of audio.

Everything here is heavy and blocks: it runs in the worker thread.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.asr.result import RecogniserStream, RecognitionResult
from assistant.audio.blocks import Block, seconds
from assistant.audio.source import Frame
from assistant.audio.vad import VoiceActivity
from assistant.lattice.graph import Hypothesis, Lattice, Word, log_sum_exp


@dataclass(frozen=True, slots=True)
class Observation:
    """What a block of audio brought."""

    end_s: float
    voice: tuple[tuple[float, float, float], ...]
    """For each frame, the second at which it ends, the probability of speech, its mean square."""
    result: RecognitionResult


class Listener:
    """Hears one utterance, from the second `start_s` of the stream on.

    Words that begin before `words_from_s` are no part of it, nor are wake words at its beginning.
    """

    def __init__(
        self,
        stream: RecogniserStream,
        voice: VoiceActivity,
        start_s: float,
        words_from_s: float = 0.0,
        wake_words: Sequence[str] = (),
    ) -> None:
        self._stream = stream
        self._voice = voice
        self._start_s = start_s
        self._words_from_s = words_from_s - start_s
        self._calls = [tuple(word.split()) for word in wake_words]
        self.samples = 0
        """How much was heard."""
        self.until_s = math.inf
        """Words that begin later are somebody else's."""
        self._looked: RecognitionResult | None = None
        self._spoken_since = False

    def goes_on(self) -> None:
        """Speech goes on: the next look is a new one, even where the first pass hears no words."""
        self._spoken_since = True

    def observe(self, block: Block) -> Observation:
        """Hear the next block of the utterance."""
        voice = tuple(
            (end_s, self._voice.process(frame), power(frame)) for frame, end_s in block.frames()
        )
        self._stream.accept(block.samples)
        self.samples += block.samples.size
        return Observation(
            seconds(block.end), voice, self._own(self._seen() or self._stream.partial())
        )

    def peek(self) -> RecognitionResult:
        """The result for all that was heard so far."""
        self._looked = self._settled() or self._stream.peek(self._earlier)
        self._spoken_since = False
        return self._own(self._looked)

    def finish(self) -> RecognitionResult:
        """The final result, which is that of the last look if nothing was said since."""
        final = self._stream.finish(self._earlier)
        return self._own(self._settled() or final)

    @property
    def _earlier(self) -> RecognitionResult | None:
        """The last look, if nothing was said since."""
        return None if self._spoken_since else self._looked

    def _settled(self) -> RecognitionResult | None:
        """The last look, where somebody else has spoken since, which would spoil a new one."""
        return self._seen() if self.until_s < math.inf and not self._spoken_since else None

    def _seen(self) -> RecognitionResult | None:
        """What the last look gave, as long as no more words have come since."""
        partial = before(self._stream.partial(), self.until_s - self._start_s)
        looked = self._looked
        return looked if looked is not None and looked.heard_no_less_than(partial) else None

    def said_until(self, end_s: float) -> RecognitionResult | None:
        """The final result of what was said until then; `None` if a word lies across it."""
        return until(self.finish(), end_s - self._start_s)

    def _own(self, result: RecognitionResult) -> RecognitionResult:
        own = since(result, self._words_from_s, self._calls)
        return before(own, self.until_s - self._start_s)


def power(frame: Frame) -> float:
    """A frame's mean square."""
    return float(np.mean(np.square(frame, dtype=np.float32)))


def since(
    result: RecognitionResult, from_s: float, calls: Sequence[tuple[str, ...]] = ()
) -> RecognitionResult:
    """The result less the words that begin before a second, and the calls that come first then."""
    counts = [_foreign(each.words, from_s, calls) for each in result.nbest]
    if not any(counts):
        return result
    # A call was favoured, too, and that says nothing about the words after it.
    favoured = min(each.boost for each, count in zip(result.nbest, counts, strict=True) if count)
    own = _joined(
        (replace(each, boost=each.boost - favoured) if count else each, each.words[count:])
        for each, count in zip(result.nbest, counts, strict=True)
    )
    left = result.nbest[0].words[: counts[0]]
    lattice = _silenced(result.lattice, until_s=left[-1].end_s) if left else result.lattice
    return replace(result, nbest=own, lattice=lattice)


def _foreign(words: Sequence[Word], from_s: float, calls: Sequence[tuple[str, ...]]) -> int:
    texts = tuple(word.text for word in words)
    count = sum(word.start_s < from_s for word in words)
    while call := next((each for each in calls if texts[count:][: len(each)] == each), None):
        count += len(call)
    return count


def before(result: RecognitionResult, end_s: float) -> RecognitionResult:
    """The result less the words that begin at a second or later."""
    if not any(word.start_s >= end_s for each in result.nbest for word in each.words):
        return result
    own = _joined(
        (each, tuple(word for word in each.words if word.start_s < end_s)) for each in result.nbest
    )
    return replace(result, nbest=own, lattice=_silenced(result.lattice, from_s=end_s))


def until(result: RecognitionResult, end_s: float) -> RecognitionResult | None:
    """The result less the words after a second; `None` where a word of the best lies across it."""
    own = [
        (each, tuple(word for word in each.words if word.end_s <= end_s))
        for each in result.nbest
        if not any(word.start_s < end_s < word.end_s for word in each.words)
    ]
    if not own or own[0][0] is not result.nbest[0]:
        return None
    return replace(result, nbest=_joined(own), lattice=_silenced(result.lattice, from_s=end_s))


def _joined(heard: Iterable[tuple[Hypothesis, tuple[Word, ...]]]) -> tuple[Hypothesis, ...]:
    """Hypotheses with other words in place of theirs; those that become equal are joined."""
    joined: dict[str, list[Hypothesis]] = {}
    for hypothesis, words in heard:
        own = replace(hypothesis, words=words)
        joined.setdefault(own.text, []).append(own)
    nbest = [
        replace(same[0], log_prob=log_sum_exp(item.log_prob for item in same))
        for same in joined.values()
    ]
    return tuple(sorted(nbest, key=lambda hypothesis: -hypothesis.log_prob))


def _silenced(lattice: Lattice, from_s: float = -math.inf, until_s: float = math.inf) -> Lattice:
    """The lattice without the words that begin at `from_s` or later and end by `until_s`."""
    times = [node.time_s for node in lattice.nodes]
    edges = (
        replace(edge, word="")
        if from_s <= times[edge.start] and times[edge.end] <= until_s
        else edge
        for edge in lattice.edges
    )
    return replace(lattice, edges=tuple(edges))
