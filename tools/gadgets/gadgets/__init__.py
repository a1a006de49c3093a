"""Understands what might be said to gadgets; does nothing."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Outcome, PluginContext


class Gadgets:
    """A washing machine, a pizzeria, a sprinkler, a mixer of paint and a printer."""

    name = "gadgets"

    def intents(self) -> Sequence[str]:
        """One for each of them."""
        return ("Wash", "Pizza", "Garden", "Paint", "Print")

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Nobody has them."""
        return Outcome(success=False, reply=f"There is no gadget for {interpretation.intent}.")


def create(context: PluginContext) -> Gadgets:  # noqa: ARG001
    """The plugin."""
    return Gadgets()
