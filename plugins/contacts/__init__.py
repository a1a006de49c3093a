"""Messages to the home's contacts, through the home's `notify` services."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.home.model import Home, HomeError, ServiceCall
from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Asks, Outcome, Plugin, PluginContext


class Contacts:
    """Asks the home to send a message."""

    name = "contacts"

    def __init__(self, home: Home) -> None:
        self._home = home

    def intents(self) -> Sequence[str]:
        """Only messages."""
        return ("HearthSendMessage",)

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Write; someone of an ambiguous name is asked about first."""
        people = interpretation.targets
        if len(people) != 1:
            who = f"Who do you mean: {' or '.join(people)}?"
            return Outcome(success=False, reply=who, targets=people, asks=Asks.WHICH)
        data = {"message": str(interpretation.slots.get("message", ""))}
        call = ServiceCall("notify", "send_message", people, data)
        try:
            changes = await self._home.call(call)
        except HomeError as error:
            return Outcome(success=False, reply=str(error), targets=people, not_here=True)
        reply = f"Sent your message to {people[0]}."
        return Outcome(success=True, reply=reply, targets=people, changes=tuple(changes))


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    return Contacts(context.home)
