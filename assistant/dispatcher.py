"""From a meaning to what comes of it: the one path of utterances, delayed commands and texts.

A meaning that is only likely is asked back; the plugin of its intent carries it out; what that one
knows nothing of goes to the plugin that takes the rest. A plugin's failure is an apology.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Cautious, Outcome, Plugin, outcome_of

Act = Callable[[Interpretation], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of a meaning, and the name of the plugin that carried it out."""

    plugin: str
    """Empty where it was asked back, so that nothing was done yet."""
    outcome: Outcome
    failed: str = ""
    """A message for the log where the plugin failed."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Carries meanings out by the plugins.

    `plugin_for`: the plugin of an intent, and for `None` the one that takes the rest. `ask` lets a
    meaning wait for a yes, see `PluginContext.ask`.
    """

    plugin_for: Callable[[str | None], Plugin | None]
    ask: Callable[[Interpretation, Act, str], Outcome]

    async def with_question(self, meant: Interpretation) -> Interpretation:
        """The meaning with what has to be asked before it is acted on, if anything has."""
        plugin = self.plugin_for(meant.intent)
        if meant.question or meant.intent is None or not isinstance(plugin, Cautious):
            return meant
        return replace(meant, question=await plugin.doubt(meant))

    async def carry_out(self, meant: Interpretation, heard: str) -> Carried | None:
        """What comes of a meaning of the words `heard`; `None` where no plugin carries it out."""
        plugin, rest = self.plugin_for(meant.intent), self.plugin_for(None)
        if plugin is None:
            return None
        if plugin is rest:
            return await _carried(plugin, Interpretation(heard, None))
        if question := (await self.with_question(meant)).question:
            act = partial(self._confirmed, heard=heard)
            return Carried("", self.ask(replace(meant, question=""), act, question))
        return await self._by(plugin, meant, heard)

    async def _by(self, plugin: Plugin, meant: Interpretation, heard: str) -> Carried:
        first = await _carried(plugin, meant)
        rest = self.plugin_for(None)
        if rest is None or not first.outcome.not_here:
            return first
        second = await _carried(rest, Interpretation(heard, None))
        return first if second.outcome.not_here else second

    async def _confirmed(self, meant: Interpretation, *, heard: str) -> Outcome:
        carried = await self.carry_out(replace(meant, reason=""), heard)
        return carried.outcome if carried else Outcome(success=False, reply="")


async def _carried(plugin: Plugin, interpretation: Interpretation) -> Carried:
    return Carried(plugin.name, *await outcome_of(plugin, interpretation))
