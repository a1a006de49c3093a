"""Results less the words outside a stretch of audio."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from assistant.asr.result import RecognitionResult
from assistant.lattice.graph import Hypothesis, Lattice, Word, log_sum_exp


def before(result: RecognitionResult, end_s: float) -> RecognitionResult:
    """The result less the words that begin at a second or later."""
    if not any(word.start_s >= end_s for each in result.nbest for word in each.words):
        return result
    own = merged(
        (each, tuple(word for word in each.words if word.start_s < end_s)) for each in result.nbest
    )
    return replace(result, nbest=own, lattice=silenced(result.lattice, from_s=end_s))


def until(result: RecognitionResult, end_s: float) -> RecognitionResult | None:
    """The result less the words after a second; `None` where a word of the best lies across it."""
    own = [
        (each, tuple(word for word in each.words if word.end_s <= end_s))
        for each in result.nbest
        if not any(word.start_s < end_s < word.end_s for word in each.words)
    ]
    if not own or own[0][0] is not result.nbest[0]:
        return None
    return replace(result, nbest=merged(own), lattice=silenced(result.lattice, from_s=end_s))


def merged(trimmed: Iterable[tuple[Hypothesis, tuple[Word, ...]]]) -> tuple[Hypothesis, ...]:
    """Hypotheses with other words in place of theirs; those that become equal are one."""
    equal: dict[str, list[Hypothesis]] = {}
    for hypothesis, words in trimmed:
        own = replace(hypothesis, words=words)
        equal.setdefault(own.text, []).append(own)
    nbest = [
        replace(same[0], log_prob=log_sum_exp(item.log_prob for item in same))
        for same in equal.values()
    ]
    return tuple(sorted(nbest, key=lambda hypothesis: -hypothesis.log_prob))


def silenced(lattice: Lattice, from_s: float = -math.inf, until_s: float = math.inf) -> Lattice:
    """The lattice without the words that begin at `from_s` or later and end by `until_s`."""
    times = [node.time_s for node in lattice.nodes]
    edges = (
        replace(edge, word="")
        if from_s <= times[edge.start] and times[edge.end] <= until_s
        else edge
        for edge in lattice.edges
    )
    return replace(lattice, edges=tuple(edges))
