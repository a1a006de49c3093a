"""How long who speaks here pauses within a sentence, as it was heard so far.

Some people think while they speak. Of the pauses after which a sentence went on, a running estimate
follows that which one in ten is longer than (a quantile by stochastic approximation, Robbins and
Monro, 1951): each longer one moves it up by nine parts, each shorter one down by one. It lies in
memory alone, and a restart forgets it. Nothing else is kept of a sentence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

SHORTEST_S: Final = 0.2
"""A shorter gap is a part of speaking."""
TYPICAL_S: Final = 0.6
"""Waits are made for people of whose pauses one in ten is longer than this."""
LONGER: Final = 0.1
STEP: Final = 0.1
MOST: Final = 1.5
"""Nobody is waited for more than so many times as long."""


@dataclass(slots=True)
class UsualPauses:
    """Of everybody who speaks here."""

    long_s: float = TYPICAL_S
    """One pause in ten is longer; never below `TYPICAL_S`, so that nobody is waited for less."""

    def note(self, pause_s: float) -> None:
        """Take in a pause after which the same sentence went on."""
        if pause_s < SHORTEST_S:
            return
        step = STEP * (1.0 - LONGER if pause_s > self.long_s else -LONGER)
        self.long_s = min(MOST * TYPICAL_S, max(TYPICAL_S, self.long_s * math.exp(step)))

    @property
    def patience(self) -> float:
        """How many times as long as others they are to be waited for, from 1 to `MOST`."""
        return self.long_s / TYPICAL_S
