"""Whose voice is it? The user's, by how loud it is; somebody farther away does not hold them up.

A television across the room is speech, too, and never pauses. It is heard some 20 dB below whoever
speaks to the device. Of 200 recordings of people, one has 0.3 s of its own speech so far below the
rest of it, and none 0.5 s.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import deque

BELOW_DB = 13.0
"""A voice that is so much weaker than the user's is not theirs."""
ENOUGH_FRAMES = 30
"""From so much speech their level is known."""
SHARE = 0.8
"""Their level: that which so much of their speech does not exceed."""
SMOOTH_FRAMES = 3
SYLLABLE_FRAMES = 20
"""Within it speech rises and falls; the loudest of it counts."""


class Foreground:
    """Follows the level of the user's speech, frame by frame of 10 ms."""

    def __init__(self) -> None:
        self._powers: deque[float] = deque(maxlen=SMOOTH_FRAMES)
        self._levels: deque[float] = deque(maxlen=SYLLABLE_FRAMES)
        self._own: list[float] = []
        """Levels of their speech, in order of size."""

    def level(self, power: float) -> float:
        """Take a frame's mean square; how loud it is around here, in decibels."""
        self._powers.append(power)
        self._levels.append(10 * math.log10(sum(self._powers) / len(self._powers) + 1.0))
        return max(self._levels)

    def takes(self, level: float) -> bool:
        """Whether a frame of speech at this level is the user's; if so, it is learnt from."""
        own = self._own
        usual_db = self.own_db
        if usual_db is not None and len(own) >= ENOUGH_FRAMES and level < usual_db - BELOW_DB:
            return False
        insort(own, level)
        return True

    @property
    def own_db(self) -> float | None:
        """How loud their speech is, in decibels; `None` before any."""
        return self._own[int(SHARE * (len(self._own) - 1))] if self._own else None

    def forget(self) -> None:
        """They are somebody else, or have turned away."""
        self._own.clear()
