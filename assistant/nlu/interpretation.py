"""The result of understanding: an intent, its slots, and the devices that it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from assistant.lattice import Hypothesis


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What she means. `intent` is `None` when nothing was understood.

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

    def same_meaning(self, other: Interpretation) -> bool:
        """Whether acting on either would do the same."""
        return (self.intent, dict(self.slots), self.targets, self.question) == (
            other.intent,
            dict(other.slots),
            other.targets,
            other.question,
        )


class Understanding(Protocol):
    """Turns word hypotheses into an interpretation, without side effects."""

    def interpret(self, nbest: Sequence[Hypothesis]) -> Interpretation:
        """The best interpretation over all the hypotheses (best first, never empty)."""
