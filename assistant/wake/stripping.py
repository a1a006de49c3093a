"""Wake words are no part of a command, nor is what was said before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.asr.result import RecognitionResult
from assistant.asr.trimming import merged, silenced
from assistant.lattice.graph import Word


class WakeWordStripper:
    """Strips one utterance's results of what is no part of the command.

    These are the words that begin before `from_s`, and the wake words that come first then.
    """

    def __init__(self, from_s: float, wake_words: Sequence[str] = ()) -> None:
        self._from_s = from_s
        self._calls = [tuple(word.split()) for word in wake_words]
        self._last: tuple[RecognitionResult, RecognitionResult] | None = None

    def strip(self, result: RecognitionResult) -> RecognitionResult:
        """The result of the command alone; a result that comes again costs nothing."""
        if self._last is None or self._last[0] is not result:
            self._last = result, self._stripped(result)
        return self._last[1]

    def _stripped(self, result: RecognitionResult) -> RecognitionResult:
        counts = [self._count(each.words) for each in result.nbest]
        if not any(counts):
            return result
        # A call was favoured, too, and that says nothing about the words after it.
        numbered = list(zip(result.nbest, counts, strict=True))
        favoured = min(each.boost - each.sentence_boost for each, count in numbered if count)
        own = merged(
            (replace(each, boost=each.boost - favoured) if count else each, each.words[count:])
            for each, count in numbered
        )
        left = result.nbest[0].words[: counts[0]]
        lattice = silenced(result.lattice, until_s=left[-1].end_s) if left else result.lattice
        return replace(result, nbest=own, lattice=lattice)

    def _count(self, words: Sequence[Word]) -> int:
        """How many words at the beginning are no part of the command."""
        texts = tuple(word.text for word in words)
        count = sum(word.start_s < self._from_s for word in words)
        while call := next((c for c in self._calls if texts[count:][: len(c)] == c), None):
            count += len(call)
        return count
