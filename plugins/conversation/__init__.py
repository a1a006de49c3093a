"""Small talk: who it is, what it can do, "never mind", and "say that again"."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Outcome, Plugin, PluginContext

_PRIVATE = "What I hear stays here, and I only listen once called, or when I have just spoken."
_ANSWERS = {
    "hello": "Hello.",
    "listening": _PRIVATE,
    "data": _PRIVATE,
    "commands": "Try: turn on the lights, set a timer for five minutes, or what is the weather.",
    "creator": "I am Hearth, made by people who share their work.",
}


class Conversation:
    """Answers questions about itself, and "never mind"."""

    name = "conversation"

    def intents(self) -> Sequence[str]:
        """The change of mind, the last reply again, and what Home Assistant has answers to."""
        return ("HassNevermind", "HearthRepeat", "HassRespond")

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Do nothing, and say so."""
        topic = str(interpretation.slots.get("topic", ""))
        return Outcome(success=True, reply=_ANSWERS.get(topic, "Okay."))


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    del context
    return Conversation()
