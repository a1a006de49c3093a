"""What came of what was said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.nlu.interpretation import Interpretation
from assistant.nlu.referents import Targets
from assistant.plugins.api import Asks, Outcome

NOTHING_HEARD = "I did not hear anything."
NOT_UNDERSTOOD = "Sorry, I did not understand that."


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of a meaning, and the name of the plugin that carried it out."""

    plugin: str
    """Empty where nothing was done: it was asked back, or not understood."""
    outcome: Outcome
    failed: str = ""
    """A message for the log where the plugin failed."""
    each: tuple[Carried, ...] = ()
    """What came of each command, where the sentence has several."""
    understood: bool = True
    """Whether a plugin is there for it."""
    lacking: Interpretation | None = None
    """The command that lacks something, for which nothing of the sentence was done."""
    named: tuple[Targets, ...] = ()
    """The devices of each command that was carried out, after those that it goes on from."""

    @property
    def parts(self) -> tuple[Carried, ...]:
        """What came of each command of the sentence."""
        return self.each or (self,)


def not_understood(heard: str) -> Carried:
    """What comes of words that nobody carries out."""
    reply = NOT_UNDERSTOOD if heard else NOTHING_HEARD
    return Carried("", Outcome(success=False, reply=reply), understood=False)


def in_one(each: Sequence[Carried]) -> Carried:
    """What came of a sentence's commands, as one."""
    outcomes = [carried.outcome for carried in each]
    outcome = Outcome(
        success=all(outcome.success for outcome in outcomes),
        reply=" ".join(dict.fromkeys(_replies(outcomes))),
        targets=tuple(target for outcome in outcomes for target in outcome.targets),
        changes=tuple(change for outcome in outcomes for change in outcome.changes),
        asks=next((outcome.asks for outcome in outcomes if outcome.asks), Asks.NOTHING),
    )
    failed = "; ".join(carried.failed for carried in each if carried.failed)
    return Carried(each[0].plugin, outcome, failed, tuple(each))


def _replies(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What was done, then the first question: the others are asked after its answer."""
    asking = [outcome.reply for outcome in outcomes if outcome.asks]
    yield from (outcome.reply for outcome in outcomes if not outcome.asks)
    yield from asking[:1]
