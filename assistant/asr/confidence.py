"""How likely the words of a result were said: a probability, calibrated on recordings.

A recogniser's own share of the best hypothesis among those that it kept says nothing where it has
misheard altogether: at -50 dB one of noise's "sentences" may be far better than the others. What
gives that away is the score itself, so both go into a logistic regression. What names were favoured
by counts half: a rare name has a poor score without, a wrong one, too. What a sentence of the home
was favoured by does not count; with it the share says more, so sentences have weights of their own.

Fitted by `tools/tune_confidence.py` on commands of the demo home and others, spoken by synthetic
voices, clean, in noise at 10 and 0 dB and at -50 dB, and on commands with rare names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from assistant.asr.result import RecognitionResult
from assistant.lattice.graph import log_sum_exp

_SHARE_OF_BOOST = 0.5
_USUAL_WORDS = 6
"""A longer sentence's score counts as if it had so many words."""
_MOST_WORDS = 8
"""More count as so many."""
_SUREST = 0.98


@dataclass(frozen=True, slots=True)
class Calibration:
    """The weights of the regression."""

    share: float
    """Of the log odds of the best hypothesis among those kept."""
    score: float
    """Of its log-probability, in nats."""
    bias: float
    word: float = 0.0
    """Of the number of words: noise is soon taken for a short sentence, hardly for a long one."""


BOTH_DECODERS = Calibration(0.943, 0.745, 1.14)
TRANSDUCER = Calibration(0.925, 0.198, -0.815)
SENTENCE_BY_BOTH = Calibration(0.876, 0.586, -2.117, 0.614)
"""Fitted on orders to gadgets, too, by ten synthetic voices at 8 to 30 dB."""


def confidence(result: RecognitionResult) -> float:
    """Probability (0 to 1) that the best hypothesis' words were said; 0 for no words."""
    if not result.nbest[0].words:
        return 0.0
    by = _calibration(result)
    share, score, words = evidence(result)
    odds = by.share * share + by.score * score + by.word * words + by.bias
    return probability_of(odds)


def _calibration(result: RecognitionResult) -> Calibration:
    if not result.by_both_decoders:
        return TRANSDUCER
    return SENTENCE_BY_BOTH if result.nbest[0].sentence_boost else BOTH_DECODERS


def evidence(result: RecognitionResult) -> tuple[float, float, int]:
    """Log odds of the best hypothesis among those kept, its score and its words (there are some).

    What a sentence was favoured by is no part of its score.
    """
    best = result.nbest[0]
    total = log_sum_exp(hypothesis.log_prob for hypothesis in result.nbest)
    share = min(_SUREST, max(1 - _SUREST, math.exp(best.log_prob - total)))
    of_names = best.boost - best.sentence_boost
    score = best.log_prob - best.sentence_boost - _SHARE_OF_BOOST * of_names
    count = len(best.words)
    scored = score * min(1.0, _USUAL_WORDS / count)
    return math.log(share / (1 - share)), scored, min(_MOST_WORDS, count)


def probability_of(log_odds: float) -> float:
    """From 0 to 1, for the natural logarithm of the odds, which count up to 30."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))
