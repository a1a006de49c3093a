"""The result of understanding: an intent, its slots, and the devices that it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from assistant.lattice.graph import Hypothesis
from assistant.speaker.heard import HeardVoice


@dataclass(frozen=True, slots=True)
class SentenceEvidence:
    """What speaks for a meaning that was heard in a sentence of the home.

    Natural logs of likelihood ratios, without what anything was favoured by.
    """

    over_others: float
    """Over the likeliest other meaning that was heard in a sentence of the home."""
    over_rest: float
    """Over the likeliest words that are no sentence of the home."""
    per_letter: float
    """The log-probability of a letter of its likeliest sentence, in the mean."""
    words: int
    """Of that sentence."""
    commands: int = 1
    """How many it holds."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What the user means. `intent` is `None` when nothing was understood.

    Two interpretations are equal in meaning when intent, slots and targets are equal, whatever
    the words were: see `same_meaning`.
    """

    text: str
    """The words that were interpreted; not always the likeliest ones."""
    intent: str | None
    slots: Mapping[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    """Ids of the devices meant."""
    confidence: float = 0.0
    alternatives: tuple[Interpretation, ...] = ()
    reason: str = ""
    """Why the words are not those of the likeliest hypothesis; empty where they are."""
    question: str = ""
    """What to ask before it is acted on, where it is only likely that it was said."""
    then: tuple[Interpretation, ...] = ()
    """Further commands of the same sentence, in their order."""
    evidence: SentenceEvidence | None = None
    """How it was heard, where a hypothesis says it in the very words of a sentence."""

    answers: bool = False
    """Whether it takes what was said before: an answer, a correction, more of the same."""
    speaker: HeardVoice | None = field(default=None, compare=False, repr=False)
    """Whose voice it was said in; `None` where nobody's is known, or it was a text."""
    free_words: int = 0
    """How many of the words may be any, such as what is added to a list."""
    takes_back: bool = False
    """Whether it is said instead of the last command, which was not meant."""
    undoes: bool = False
    """Whether it only puts back what a command did that was not meant."""

    @property
    def commands(self) -> tuple[Interpretation, ...]:
        """Each command of the sentence by itself."""
        return (replace(self, then=()), *self.then) if self.then else (self,)

    def said_by(self, speaker: HeardVoice | None) -> Interpretation:
        """The same, and each of its commands, said by somebody."""
        return replace(
            self, speaker=speaker, then=tuple(each.said_by(speaker) for each in self.then)
        )

    def with_confidence(self, most: float) -> Interpretation:
        """The same with no more confidence than this, in each of its commands."""
        then = tuple(each.with_confidence(most) for each in self.then)
        return replace(self, confidence=min(self.confidence, most), then=then)

    def same_meaning(self, other: Interpretation) -> bool:
        """Whether acting on either would do the same."""
        return self.question == other.question and _meanings(self) == _meanings(other)


def _meanings(interpretation: Interpretation) -> list[tuple[object, ...]]:
    return [(each.intent, dict(each.slots), each.targets) for each in interpretation.commands]


class Understanding(Protocol):
    """Turns word hypotheses into an interpretation, without side effects."""

    def interpret(self, nbest: Sequence[Hypothesis]) -> Interpretation:
        """The best interpretation over all the hypotheses (best first, never empty)."""
