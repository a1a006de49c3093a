"""How likely it is that a meaning was meant: a probability, calibrated on recordings.

A sentence of the home competes with everything else that the recogniser heard: a logistic
regression on likelihood ratios says whether it was said, whatever noise has done to all scores.
What was heard in other words is as likely as those words (`asr/confidence.py`), and where some may
be any, as what is added to a list, every doubt about them counts.

Fitted as `tools/tune_certainty.py` does: on sentences that people read, in noise, each beside a
home that understands it, one that understands all but a part of it, and one that has nothing to do
with it; and, by synthetic voices, on sentences for made-up gadgets in more noise and on commands in
rooms, many with free words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from assistant.asr.confidence import confidence, probability_of
from assistant.asr.result import RecognitionResult
from assistant.dialogue.state import CONFIRM, ENDS
from assistant.nlu.interpretation import Interpretation, SentenceEvidence
from assistant.nlu.weighing import without_sentences

_ANSWERS: Final = ENDS | {CONFIRM}
"""What answers a question or stops something; asking about that would be another question."""
_MOST_NATS: Final = 8.0
"""More makes it no likelier."""
_LEAST_NATS: Final = -20.0
_LEAST_PER_LETTER: Final = -2.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """The weights of the regression, for what `evidence_of` gives, and its bias."""

    others: float
    behind: float
    per_letter: float
    length: float
    bias: float
    least_others: float = -math.inf
    """The least that counts of how much likelier a meaning is than others."""


BY_BOTH: Final = Calibration(0.261, 0.537, 1.490, 0.946, -1.582)
WITH_FREE_WORDS: Final = Calibration(0.342, 1.067, 8.267, 0.0, 0.821)
"""By both decoders as well."""
BY_TRANSDUCER: Final = Calibration(0.234, 0.091, 1.217, 1.715, -3.136, least_others=0.0)
"""For `en-mini`, fitted to `en-stream`. By its own scores a sentence with words left out is
likelier than what was said, which speaks against nothing; and so are many words that nobody said,
which says little."""


def certainty(meant: Interpretation, result: RecognitionResult) -> float:
    """Probability (0 to 1) that what a result was taken to mean was meant; 0 for no words."""
    by = calibration_of(meant, result)
    if meant.evidence is None or by is None:
        return certainty_of_words(meant, result)
    others, behind, per_letter, length = evidence_of(meant.evidence, by)
    odds = by.others * others + by.behind * behind
    odds += by.per_letter * per_letter + by.length * length
    return probability_of(odds + by.bias)


def certainty_of_words(meant: Interpretation, result: RecognitionResult) -> float:
    """Probability (0 to 1) that the words were heard right that were taken to mean something.

    An answer is no sentence of the home, so what those are favoured by says nothing of it.
    """
    if meant.answers:
        result = replace(result, nbest=tuple(without_sentences(result.nbest)))
    return confidence(result)


def doubted(meant: Interpretation, heard: str, sure: float, least: float) -> Interpretation:
    """A meaning that is so sure: it where that is the `least`, a question, or nothing below half.

    `heard` are the words of the utterance.
    """
    if meant.intent is None or sure >= least:
        return meant
    reason = f"heard with a confidence of {sure:.2f}"
    if sure < least / 2:
        return Interpretation(meant.text, None, reason=reason)
    if meant.intent in _ANSWERS or meant.answers:
        return meant
    question = meant.question or f"Did you mean: {heard if meant.then else meant.text}?"
    return replace(meant, reason=meant.reason or reason, question=question)


def calibration_of(meant: Interpretation, result: RecognitionResult) -> Calibration | None:
    """The one for a meaning and the decoders that heard it; `None`: only its words tell."""
    if result.by_both_decoders and any(command.free_words for command in meant.commands):
        return WITH_FREE_WORDS
    if not any(each.sentence_boost for each in result.nbest):
        return None
    return BY_BOTH if result.by_both_decoders else BY_TRANSDUCER


def evidence_of(heard: SentenceEvidence, by: Calibration) -> tuple[float, float, float, float]:
    """What the regression is given: each part of the evidence within its bounds.

    How far a sentence is behind other words spreads with the root of its length. A long command is
    not found whole by chance, so its length speaks for it.
    """
    words = max(1, heard.words)
    return (
        max(by.least_others, min(_MOST_NATS, heard.over_others)),
        max(_LEAST_NATS, min(0.0, heard.over_rest)) / math.sqrt(words),
        max(_LEAST_PER_LETTER, heard.per_letter),
        math.log(words / heard.commands),
    )
