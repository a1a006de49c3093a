"""One wake word, heard by several sources: the one that heard it best answers, the others do not.

Whoever hears it first opens a round, and all wait until it is over; their audio waits with them.
Whoever comes a little too late has lost. Speech without a wake word has rounds of its own, and
gives way to a wake word that another source finds in the same words somewhat later. Rounds are in
the time of a clock that all sources share, since their audio begins at different moments.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from assistant.audio.blocks import Block
from assistant.audio.clock import Clock, MonotonicClock
from assistant.pipeline.listener import power

ROUND_S = 0.3
"""So long after the first who heard it others may take part."""
LATE_S = 0.3
"""So long after a round whoever hears it has heard the same."""
_CALL_S = 1.2
"""So long after speech is noticed a wake word that it begins with is detected."""
_QUIET = 0.1
"""Share of the frames that are taken for noise."""
_LOUD_FRAMES = 20
_LEAST_NOISE = 1.0
"""Mean square of noise that no microphone is below."""
_MOST_ODDS_DB = 20.0


def loudness_db(before: Block, call: Block) -> float:
    """How far the loudest of a call (0.2 s of it) is above the noise before and in it, in dB."""
    spoken = sorted((power(frame) for frame, _ in call.frames()), reverse=True)
    everything = sorted(power(frame) for block in (before, call) for frame, _ in block.frames())
    if not spoken or not everything:
        return 0.0
    noise = max(_LEAST_NOISE, everything[int(_QUIET * len(everything))])
    loud = float(np.mean(spoken[:_LOUD_FRAMES]))
    return max(0.0, 10 * math.log10(max(loud, _LEAST_NOISE) / noise))


def score(loudness: float, probability: float) -> float:
    """How well a wake word was heard: its level over noise in dB, and the detector's odds in dB."""
    odds = 10 * math.log10(max(probability, 1e-6) / max(1 - probability, 1e-6))
    return loudness + 0.25 * max(-_MOST_ODDS_DB, min(_MOST_ODDS_DB, odds))


class _Round:
    def __init__(self, begin_s: float) -> None:
        self.begin_s = begin_s
        self.until_s = begin_s + ROUND_S
        self.scores: dict[str, float] = {}

    @property
    def winner(self) -> str:
        """Who heard it best; of equals who was first."""
        return max(self.scores, key=lambda name: self.scores[name])


class Arbiter:
    """Shared by the pipelines of all sources."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or MonotonicClock()
        self._rounds: dict[bool, _Round] = {}
        """The latest of wake words, and of speech without one."""

    async def winner(self, source: str, score: float, *, called: bool = True) -> str:
        """The name of the source that answers; asked by each that heard something.

        `called`: whether that was a wake word.
        """
        now_s = self._clock.now()
        current = self._rounds.get(called)
        if current is None or now_s > current.until_s + LATE_S:
            current = self._rounds[called] = _Round(now_s)
        elif now_s > current.until_s:
            return current.winner
        current.scores[source] = max(score, current.scores.get(source, -math.inf))
        await self._clock.sleep(max(0.0, current.until_s - now_s))
        return current.winner

    def taken(self, source: str) -> Callable[[], str | None]:
        """Tells which other source was called by the words that this one notices now, if any."""
        noticed_s = self._clock.now()

        def other() -> str | None:
            call = self._rounds.get(True)
            if call is None or self._clock.now() < call.until_s or call.winner == source:
                return None
            same = noticed_s - ROUND_S - LATE_S <= call.begin_s <= noticed_s + _CALL_S
            return call.winner if same else None

        return other
