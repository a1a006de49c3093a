"""When is a sentence over? The seam between an utterance and what decides that.

Every 20 ms of an utterance become one `EndpointFeatures` value: how long it has been quiet, how
sure the recogniser is that the sentence has ended, and whether the words so far are complete. Two
end-pointers look at the same features: at the speculative end-point understanding begins, at the
final one something is done. Whatever implements `Endpointer` may be either of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from assistant.endpointing.completeness import Completeness
from assistant.endpointing.usual_pauses import UsualPauses
from assistant.events import EndReason


@dataclass(frozen=True, slots=True)
class EndpointFeatures:
    """What the end-pointers know at one frame. Times are seconds of audio."""

    heard_s: float
    """Since the utterance began to listen."""
    spoken_s: float
    """Since the first speech; 0 before any."""
    silence_s: float
    """Since the last frame with speech; 0 while the user speaks."""
    has_words: bool
    end_of_sentence: float
    """The recogniser's probability (0 to 1) that the sentence has ended."""
    completeness: Completeness
    turn_end: float | None = None
    """By how the last words were said, the natural log of the odds that the turn is over.

    None where nothing tells.
    """
    patience: float = 1.0
    """How many times as long as others the user is to be waited for, where more may follow."""


class Endpointer(Protocol):
    """Decides in audio time alone: equal features give equal decisions. Must not block."""

    def decide(self, features: EndpointFeatures) -> EndReason | None:
        """Why the sentence is over at this place, if it is."""


@dataclass(frozen=True, slots=True)
class Endpointing:
    """What decides when a sentence is over."""

    speculative: Endpointer
    final: Endpointer
    completeness: Callable[[str], Completeness]
    """How complete some words are; heavy, asked in the worker once a text."""
    most_speculations: int = 8
    """In one utterance: whoever talks on and on makes as much work as a few sentences, no more."""
    usual: UsualPauses = field(default_factory=UsualPauses)
    """Learns how long the user pauses within sentences."""
