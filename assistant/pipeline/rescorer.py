"""A second opinion on what was heard: the seam between an utterance and whoever rescores.

An utterance may show a rescoring its result early, at the speculative end-point, and asks for the
outcome at the final one. Whatever happens in between, the outcome is there in time: at worst it is
the result as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from assistant.asr.result import RecognitionResult
from assistant.errors import HearthError


class RescoringError(HearthError):
    """A server gave no usable answer, or cannot be asked; the message says why."""


class RescoringOutcome(StrEnum):
    """What became of a request."""

    USED = "used"
    LATE = "late"
    """The answer was not there at the deadline."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Account:
    """What was sent for one utterance, and what became of it."""

    outcome: RescoringOutcome
    lattice_bytes: int
    """Of all requests that were made for the utterance."""
    waited_ms: float
    """From the final end-point to the outcome."""


@dataclass(frozen=True, slots=True)
class RescoredResult:
    """The result to go on with; `account` is `None` when nothing was sent."""

    result: RecognitionResult
    account: Account | None = None


class Rescoring(Protocol):
    """The rescoring of one utterance."""

    def begin(self, result: RecognitionResult) -> None:
        """Show a result that may not be the last; must not block."""

    async def settle(self, result: RecognitionResult) -> RescoredResult:
        """The outcome for the last result. Never raises, and takes no longer than it may."""

    async def cancel(self) -> None:
        """Stop all work, and wait until it has stopped."""


class Rescorer(Protocol):
    """Opens rescorings; holds what they share."""

    @property
    def revises(self) -> bool:
        """Whether outcomes may have other words than results."""

    async def start(self) -> None:
        """Make ready."""

    async def close(self) -> None:
        """Let go of connections."""

    def open(self) -> Rescoring:
        """Begin an utterance."""


class Unchanged:
    """Implements `Rescorer` and `Rescoring` where nobody rescores: results stay as they are."""

    revises = False

    async def start(self) -> None:
        """Nothing to make ready."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def open(self) -> Unchanged:
        """The only one."""
        return self

    def begin(self, result: RecognitionResult) -> None:
        """Nothing to begin."""

    async def settle(self, result: RecognitionResult) -> RescoredResult:
        """The result as it was."""
        return RescoredResult(result)

    async def cancel(self) -> None:
        """Nothing to stop."""
