"""Small talk that is none: she changed her mind."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Outcome, Plugin, PluginContext


class Conversation:
    """Answers "never mind"."""

    name = "conversation"

    def intents(self) -> Sequence[str]:
        """Only the change of mind."""
        return ("HassNevermind",)

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Do nothing, and say so."""
        del interpretation
        return Outcome(success=True, reply="Okay.")


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    del context
    return Conversation()
