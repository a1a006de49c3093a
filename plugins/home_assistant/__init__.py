"""A home kept by Home Assistant; and its own agent for what Hearth does not understand itself.

The connection's library is loaded only where the settings name a Home Assistant.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from assistant.config.settings import HomeSettings
from assistant.home.model import Home, HomeError
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


class NotUnderstoodError(HomeError):
    """A home's agent knows nothing of what a sentence is about, and did nothing."""


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


def make_home(settings: HomeSettings, token: str, contacts: Callable[[], Sequence[str]]) -> Home:
    """The home that the settings describe, not yet connected; raises `HomeError`."""
    from plugins.home_assistant.connection import Address  # noqa: PLC0415 - see above
    from plugins.home_assistant.home import HomeAssistantHome  # noqa: PLC0415

    return HomeAssistantHome(Address(settings.url or "", _trust(settings)), token, contacts)


def _trust(settings: HomeSettings) -> ssl.SSLContext | bool:
    if settings.certificate is None:
        return True
    try:
        return ssl.create_default_context(cafile=settings.certificate)
    except OSError as error:
        file, reason = settings.certificate, error.strerror or error
        raise HomeError(f"The certificate {file} cannot be used: {reason}.") from None


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    return HomeAssistantAgent(context)
