"""How likely it is that a turn is over, by the words and by how they were said.

Words tell whether a sentence may end here, the melody and the length of the last syllables whether
the speaker means it to. Both are evidence of their own kind, so their log-odds add up: a logistic
regression (Hosmer and Lemeshow, "Applied logistic regression", 1989), by `tools/tune_turns.py`. How
often requests end with words that begin no command was counted (`training/sentence_ends.py`).
"""

from __future__ import annotations

import math
from typing import Final

from assistant.endpointing.completeness import Completeness

WORDS: Final = {
    Completeness.COMPLETE: 2.0,
    Completeness.LIKELY: 1.24,
    Completeness.OPEN: 0.5,
    Completeness.UNSURE: -1.18,
    Completeness.INCOMPLETE: -1.1,
}
"""Natural log of the odds by the words, where the voice says nothing."""
VOICE: Final = 1.24
"""What log-odds by the voice count for."""


def probability(completeness: Completeness, voice: float) -> float:
    """That the turn is over; `voice`: natural log of the odds by how the last words were said."""
    return 1.0 / (1.0 + math.exp(-WORDS[completeness] - VOICE * voice))
