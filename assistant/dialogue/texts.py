"""Sentences that come as text: delayed commands, those of plugins, and what clients send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.dialogue.carried import Carried
from assistant.dialogue.dispatcher import Dispatcher
from assistant.nlu.interpretation import Interpretation
from assistant.plugins.api import Outcome

CONFIRMED = 1.0
"""Confidence of what the user has said yes to."""


@dataclass(frozen=True, slots=True)
class TextCommands:
    """Understands texts and carries them out, on the one path that spoken commands take, too.

    `interpret` is heavy. How sure the hearing was is not in a text, so it is given with it.
    """

    interpret: Callable[[str], Interpretation]
    dispatcher: Dispatcher

    async def understand(self, text: str) -> Interpretation:
        """What a sentence means, with what has to be asked unless it is sure; nothing is done.

        Where it may mean one of several things, it has no intent, and the reason asks which.
        """
        meant = await self._interpreted(text)
        if which := self.dispatcher.which(meant):
            return Interpretation(text, None, targets=meant.targets, reason=which)
        return await self.dispatcher.with_question(meant.with_confidence(0.0))

    async def carry_out(self, text: str, confidence: float) -> Carried:
        """What comes of a sentence that has no more confidence than this."""
        meant = await self._interpreted(text)
        return await self.dispatcher.carry_out(meant.with_confidence(confidence), text)

    async def later(self, text: str, *, confirmed: bool = False) -> Outcome:
        """What comes of a sentence that nobody says just now: what needs to be sure is asked.

        Nothing is asked where the user said yes to it before.
        """
        meant = await self._interpreted(text)
        sure = _confirmed(meant) if confirmed else meant.with_confidence(0.0)
        carried = await self.dispatcher.carry_out(sure, text, said=False)
        if carried.understood:
            return carried.outcome
        return Outcome(success=False, reply=f"I did not understand: {text}.")

    async def _interpreted(self, text: str) -> Interpretation:
        return await asyncio.to_thread(self.interpret, text)


def _confirmed(meant: Interpretation) -> Interpretation:
    then = tuple(_confirmed(each) for each in meant.then)
    return replace(meant, confidence=CONFIRMED, question="", then=then)
