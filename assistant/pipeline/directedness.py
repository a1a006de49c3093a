"""Is it meant for this device? How likely that is of what was said without the wake word.

Everything that is known of an utterance is a sign: how well it was heard as a sentence of this
home, in whose voice, how near, how soon after the reply, and whether they look here. A logistic
regression (Hosmer and Lemeshow, "Applied logistic regression", 1989) fuses them, as is usual for
device-directed speech (Mallidi et al., "Device-directed utterance detection", 2018). A sense that
is not there counts neither way.

Fitted as `tools/tune_directedness.py` does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

from assistant.asr.confidence import probability_of
from assistant.asr.result import RecognitionResult
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import UNKNOWN_NAME
from assistant.pipeline.certainty import certainty_of_words

_TELLING: Final = frozenset({"i", "i've", "we", "we've"})
_BEGINNING: Final = 2
"""Words in which it is told who speaks of themselves."""
_MOST_ODDS: Final = 6.0
"""Natural log; surer makes it no likelier."""
_MOST_WORDS: Final = 12
_MOST_LIKENESS: Final = 4.0
_USUAL_S, _LATE_S = 3.0, 9.0
"""Seconds after a reply that say nothing, and from which on it makes no difference."""
_USUAL_OVER_NOISE_DB: Final = 18.0
_USUAL_NEARER_DB: Final = -5.0
_DECIBELS: Final = 10.0
_MOST_DECIBELS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of an utterance. `None`: there is no such sense."""

    command: bool
    """Whether its likeliest meaning is something that could be done, or an answer."""
    confidence: float
    """How likely (0 to 1) its words were heard right."""
    words: int
    free_share: float = 0.0
    """The part of the words (0 to 1) that may be any, such as what is added to a list."""
    told: bool = False
    """Whether free text makes a command of what is told rather than asked for."""
    answers: bool = False
    """Whether it takes what was said before."""
    asked: bool = False
    """Whether the device has just asked something."""
    likeness: float | None = None
    """To the voice of the last command: the log-likelihood ratio."""
    since_reply_s: float | None = None
    """From the end of the reply to its beginning."""
    over_noise_db: float | None = None
    """Its level over the noise."""
    nearer_db: float | None = None
    """Its level over that of the last command."""
    facing: bool | None = None
    """Whether somebody faces the device."""
    somebody: bool | None = None
    """Whether somebody is in the room."""


class Judge(Protocol):
    """Tells how likely something is meant for this device."""

    def probability(self, signs: Signs) -> float:
        """From 0 to 1; with even odds before anything is known of it."""


@dataclass(frozen=True, slots=True)
class Regression:
    """A `Judge` by the weights of what `measures` gives, in its order, and a bias."""

    weights: tuple[float, ...]
    bias: float

    def probability(self, signs: Signs) -> float:
        """From 0 to 1; with even odds before anything is known of it."""
        given = measures(signs).values()
        odds = self.bias + sum(w * each for w, each in zip(self.weights, given, strict=True))
        return probability_of(odds)


SHIPPED: Final = Regression(
    weights=(
        *(1.379, 0.564, 0.213, -1.089, -3.809, 1.2, 1.4),
        *(0.334, 1.212, 0.456, 1.299, 1.74, 0.414),
    ),
    bias=-1.65,
)
"""For `en-small`. A question makes it four times as likely, which was set; all else is fitted."""


def measures(signs: Signs) -> dict[str, float]:
    """Each sign as a number, 0 where it says nothing."""
    command = float(signs.command)
    return {
        "command": command,
        "confidence": command * _log_odds(signs.confidence),
        "words": command * math.log(min(_MOST_WORDS, max(1, signs.words))),
        "free_share": command * signs.free_share,
        "told": float(signs.told),
        "answers": float(signs.answers),
        "asked": float(signs.asked),
        "likeness": _within(signs.likeness or 0.0, _MOST_LIKENESS),
        "since_reply": _after(signs.since_reply_s),
        "over_noise": _decibels(signs.over_noise_db, _USUAL_OVER_NOISE_DB),
        "nearer": _decibels(signs.nearer_db, _USUAL_NEARER_DB),
        "facing": _either_way(signs.facing),
        "somebody": _either_way(signs.somebody),
    }


def signs_of(understood: Interpretation, result: RecognitionResult) -> Signs:
    """What the words say that were taken to mean something."""
    sure_of_words = certainty_of_words(understood, result)
    return _signs(understood, sure_of_words, len(result.nbest[0].words))


def signs_of_text(understood: Interpretation, text: str) -> Signs:
    """What words say that were heard without a doubt."""
    return _signs(understood, sure_of_words=1.0, words=len(text.split()))


def is_command(meant: Interpretation) -> bool:
    """Whether something would come of a meaning without a question: a command, or an answer."""
    return meant.intent is not None and UNKNOWN_NAME not in meant.slots and not meant.question


def is_told(meant: Interpretation) -> bool:
    """Whether free text makes a command of what is told rather than asked for.

    People tell each other that they "have never been there": no item of the shopping list.
    """
    return any(
        command.free_words and not _TELLING.isdisjoint(command.text.lower().split()[:_BEGINNING])
        for command in meant.commands
    )


def _signs(understood: Interpretation, sure_of_words: float, words: int) -> Signs:
    free = sum(each.free_words for each in understood.commands)
    return Signs(
        command=is_command(understood),
        confidence=sure_of_words,
        words=words,
        free_share=min(1.0, free / max(1, len(understood.text.split()))),
        told=is_told(understood),
        answers=understood.answers,
    )


def _log_odds(probability: float) -> float:
    least = 1 / (1 + math.exp(_MOST_ODDS))
    within = max(least, min(1 - least, probability))
    return math.log(within / (1 - within))


def _within(value: float, most: float) -> float:
    return max(-most, min(most, value))


def _after(since_s: float | None) -> float:
    """From 1, at once, to -2."""
    return 0.0 if since_s is None else 1 - min(_LATE_S, max(0.0, since_s)) / _USUAL_S


def _decibels(level_db: float | None, usual_db: float) -> float:
    return 0.0 if level_db is None else _within((level_db - usual_db) / _DECIBELS, _MOST_DECIBELS)


def _either_way(known: bool | None) -> float:
    return 0.0 if known is None else 2.0 * known - 1.0
