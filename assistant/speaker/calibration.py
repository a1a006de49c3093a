"""From how alike two voices are to how probable it is that they are one person's.

The cosine s of an utterance's embedding and a person's mean becomes a log-likelihood ratio that is
linear in s and in the logarithm of the seconds of speech (Brümmer & du Preez, 2006, fitted by
logistic regression); the ratios of all members, and 0 for somebody unknown, then are weighed with
how often each of them speaks before anything was heard, as in open-set identification.
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
    per_log_s: float
    """Of the natural logarithm of the seconds of speech."""
    guests: float = 0.2
    """How much of what is said guests say."""
    accept: float = 0.9
    """A member is named from this probability on."""

    def log_ratio(self, cosine: float, speech_s: float) -> float:
        """How much more likely a cosine is of one person's voice than of two people's, log."""
        return self.scale * cosine + self.offset + self.per_log_s * math.log(speech_s)

    def probabilities(self, cosines: Mapping[str, float], speech_s: float) -> dict[str, float]:
        """The probability of each member; what lacks to 1 is somebody else's."""
        if not cosines:
            return {}
        each = math.log((1.0 - self.guests) / len(cosines))
        ratios = {name: each + self.log_ratio(cosine, speech_s) for name, cosine in cosines.items()}
        guest = math.log(self.guests)
        most = max(guest, *ratios.values())
        weights = {name: math.exp(ratio - most) for name, ratio in ratios.items()}
        total = math.exp(guest - most) + sum(weights.values())
        return {name: weight / total for name, weight in weights.items()}
