"""Takes orders for a coffee machine."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Outcome, PluginContext


class CoffeeMachine:
    """Says what was ordered."""

    name = "coffee"

    def intents(self) -> Sequence[str]:
        """Orders."""
        return ("OrderDrink",)

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Take the order."""
        return Outcome(success=True, reply=f"One {interpretation.slots['drink']}, coming up.")


def create(context: PluginContext) -> CoffeeMachine:  # noqa: ARG001
    """The plugin."""
    return CoffeeMachine()
