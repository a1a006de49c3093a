"""Home Assistant's own agent, for what Hearth does not understand or know itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from assistant.home.model import HomeError, NotUnderstoodError
from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Outcome, Plugin, PluginContext

_OPENS = re.compile(
    r"\b(unlock|unbolt|disarm|alarms?)\b"
    r"|\b(open|raise|lift)\b.*\b(doors?|gates?|garages?)\b"
    r"|\b(on|start|activate|run|trigger|toggle|press|push)\b"
    r"(?!.*\b(lights?|lamps?|bell|chime|camera)\b).*\b(doors?|gates?|openers?)\b"
    r"|\b(off|deactivate|disable)\b.*\blocks?\b|\blocks?\b.*\boff\b"
)
"""Words of what may leave a home open: locks, alarms, doors."""


@runtime_checkable
class Agent(Protocol):
    """A home that understands sentences itself."""

    async def process(self, text: str) -> str:
        """Act on a sentence and give the answer; raises `NotUnderstoodError` or `HomeError`."""


class HomeAssistantAgent:
    """Hands to Home Assistant's own agent what nothing understood, or what nothing here knows."""

    name = "home_assistant"

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._agent = context.home if isinstance(context.home, Agent) else None
        self.understands_the_rest = self._agent is not None

    def intents(self) -> Sequence[str]:
        """None of its own."""
        return ()

    async def opens(self, interpretation: Interpretation) -> str:
        """Whether it may open the home, by its words: what the agent does is not known here."""
        return "for that" if _OPENS.search(interpretation.text) else ""

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing: asking Home Assistant's agent is acting."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Let Home Assistant answer; what would open something only after a yes.

        What nothing understood has no confidence, however clearly it was heard.
        """
        if self._agent is None or not interpretation.text:
            return Outcome(success=False, reply="I did not hear anything.")
        unsure = interpretation.confidence < self._context.unlock_confidence
        if unsure and _OPENS.search(interpretation.text):
            return self._context.ask(
                interpretation, self.act, f'Did you say "{interpretation.text}"?'
            )
        try:
            reply = await self._agent.process(interpretation.text)
        except HomeError as error:
            refused = isinstance(error, NotUnderstoodError)
            return Outcome(success=False, reply=str(error), not_here=refused)
        return Outcome(success=True, reply=reply)


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    return HomeAssistantAgent(context)
