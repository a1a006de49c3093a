"""From how alike two voices are to how probable it is that they are one person's.

The cosine of an utterance's embedding and a person's mean becomes a log-likelihood ratio by
logistic regression (Brümmer & du Preez, 2006), together with the logarithm of the embedding's
length: it tells how clearly the voice was heard, which noise and short sentences make less. The
ratios of all members, and 0 for somebody unknown, then are weighed with how often each of them
speaks before anything was heard, as in open-set identification.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Calibration:
    """A model's weights, and how probable guests are."""

    scale: float
    """Of the cosine."""
    offset: float
    per_log_length: float
    """Of the natural logarithm of the embedding's length."""
    guests: float = 0.2
    """How much of what is said guests say."""
    accept: float = 0.9
    """A member is named from this probability on."""

    def log_ratio(self, cosine: float, length: float) -> float:
        """How much more likely a cosine is of one person's voice than of two people's, log."""
        return self.scale * cosine + self.offset + self.per_log_length * math.log(length)

    def probabilities(self, cosines: Mapping[str, float], length: float) -> dict[str, float]:
        """The probability of each member; what lacks to 1 is somebody else's."""
        if not cosines:
            return {}
        each = math.log((1.0 - self.guests) / len(cosines))
        ratios = {name: each + self.log_ratio(cosine, length) for name, cosine in cosines.items()}
        guest = math.log(self.guests)
        most = max(guest, *ratios.values())
        weights = {name: math.exp(ratio - most) for name, ratio in ratios.items()}
        total = math.exp(guest - most) + sum(weights.values())
        return {name: weight / total for name, weight in weights.items()}
