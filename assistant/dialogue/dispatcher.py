"""From a meaning to what comes of it: the one path of utterances, delayed commands and texts.

A meaning that is only likely, or lacks something, is asked back; the plugin of its intent carries
it out; what that one knows nothing of goes to the plugin that takes the rest. A plugin's failure is
an apology. The commands of one sentence are carried out in turn and answered as one; if one of them
has to be asked back, all of them wait for the yes.

What opens the home needs a voice that is sure enough where rights are in force, and the code where
there is one. What nobody carries out is an apology, too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial

from assistant.dialogue.carried import Carried, in_one, not_understood
from assistant.dialogue.codes import Codes
from assistant.dialogue.learning import Learning
from assistant.dialogue.state import CONFIRM, ENDS, REPEAT, Dialogue
from assistant.dialogue.voices import Voices
from assistant.nlu.interpretation import Interpretation
from assistant.plugins.api import (
    Asks,
    Attending,
    Cautious,
    Demanding,
    Foreseeing,
    Opening,
    Outcome,
    Plugin,
    Timely,
    outcome_of,
)

NOTHING_SAID = "I have not said anything lately."

Act = Callable[[Interpretation], Awaitable[Outcome]]


async def nothing_before(_meant: Interpretation) -> None:
    """Nothing has to be done before acting."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Carries meanings out by the plugins.

    `plugin_for`: the plugin of an intent, and for `None` the one that takes the rest. `ask` lets a
    meaning wait for a yes, see `PluginContext.ask`.
    """

    plugin_for: Callable[[str | None], Plugin | None]
    ask: Callable[[Interpretation, Act, str], Outcome]
    forget: Callable[[], None] = lambda: None
    """Lets what waits for a yes go."""
    dialogue: Dialogue = field(default_factory=Dialogue)
    """Is told what comes of everything."""
    before_acting: Callable[[Interpretation], Awaitable[None]] = nothing_before
    """Awaited before a meaning is acted on."""
    voices: Voices = field(default_factory=Voices)
    """What it changes who says something."""
    attending: Callable[[], Attending | None] = lambda: None
    """The plugin that what is said next is meant for, whatever it means."""
    learning: Learning | None = None
    """Is told, too, where commands become habits."""
    codes: Codes = field(default_factory=Codes)
    """Asks for the code where something is opened."""

    @property
    def attends(self) -> bool:
        """Whether what is said next counts, whatever it means."""
        return self.codes.waits or self.attending() is not None

    def plugins_of(self, meant: Interpretation) -> frozenset[str]:
        """Names of the plugins that carry a meaning out."""
        plugins = [self.plugin_for(command.intent) for command in meant.commands]
        return frozenset(plugin.name for plugin in (*plugins, self.attending()) if plugin)

    async def with_question(self, meant: Interpretation) -> Interpretation:
        """The meaning with what has to be asked before it is acted on, if anything has."""
        if lacking := await self._lacking(meant):
            return replace(meant, question=lacking[1])
        if self.codes.wanted and (opening := await self._opening(meant)):
            return replace(meant, question=self.codes.question(opening))
        if meant.question:
            return replace(meant, question="") if self._is_futile(meant) else meant
        questions = [await self._doubt(command) for command in meant.commands]
        return replace(meant, question=" ".join(filter(None, questions)))

    async def _lacking(self, meant: Interpretation) -> tuple[Plugin, str, Interpretation] | None:
        """What is lacking of one of the commands: the plugin that needs it, what it asks, which."""
        for command in meant.commands:
            plugin = self.plugin_for(command.intent)
            if command.intent is None or not isinstance(plugin, Demanding):
                continue
            if question := await plugin.lacks(command):
                return plugin, question, command
        return None

    async def _doubt(self, command: Interpretation) -> str:
        plugin = self.plugin_for(command.intent)
        if command.intent is None or not isinstance(plugin, Cautious):
            return ""
        return await plugin.doubt(command)

    def _is_futile(self, meant: Interpretation) -> bool:
        """Whether a yes would lead nowhere; what is amiss is said instead of the question."""
        plugin = self.plugin_for(meant.intent)
        return not meant.then and isinstance(plugin, Foreseeing) and plugin.is_futile(meant)

    def which(self, meant: Interpretation) -> str:
        """What would be asked of which of several things is meant; empty where that is clear."""
        for command in meant.commands:
            plugin = self.plugin_for(command.intent)
            if isinstance(plugin, Foreseeing) and (question := plugin.which(command)):
                return question
        return ""

    async def is_untimely(self, meant: Interpretation) -> bool:
        """Whether nothing would come of it now, as far as its plugins can tell.

        Where something was asked, a word to stop ends that.
        """
        if meant.intent == REPEAT:
            return self.dialogue.reply is None
        if meant.intent in ENDS and self.dialogue.last is not None and self.dialogue.last.asks:
            return False
        return all([await self._untimely(command) for command in meant.commands])

    async def _untimely(self, command: Interpretation) -> bool:
        plugin = self.plugin_for(command.intent)
        return isinstance(plugin, Timely) and await plugin.is_untimely(command)

    async def carry_out(self, meant: Interpretation, heard: str, *, said: bool = True) -> Carried:
        """What comes of a meaning of the words `heard`.

        `said=False`: nobody says it just now, so it answers nothing. Another command that is said
        lets what waits for a yes go.
        """
        if said and (answered := await self._answered(meant, heard)) is not None:
            return answered
        if meant.intent == REPEAT:
            return self._repeated()
        if said and meant.intent not in (None, CONFIRM):
            self.forget()
        with self.voices.speaking(meant):
            carried = await self._allowed(meant, heard)
        return self._noted(meant, carried)

    def _repeated(self) -> Carried:
        """The last reply again."""
        plugin = self.plugin_for(REPEAT)
        outcome = self.dialogue.repeat() or Outcome(success=False, reply=NOTHING_SAID)
        return Carried(plugin.name if plugin else "", outcome)

    async def _answered(self, meant: Interpretation, heard: str) -> Carried | None:
        """What comes of it as an answer to who waits for one."""
        given = self.codes.answer(meant, heard)
        if isinstance(given, Outcome):
            return Carried("", given)
        if given is not None:
            return await given.act(given.interpretation)
        attending = self.attending()
        if attending is not None and (outcome := await attending.attend(meant)) is not None:
            return Carried(attending.name, outcome)
        return None

    def _noted(self, meant: Interpretation, carried: Carried) -> Carried:
        carried = replace(carried, named=self.dialogue.named_after(meant, carried))
        self.dialogue.note(meant, carried)
        if self.learning is not None:
            self.learning.note(meant, [part.outcome for part in carried.parts])
        return carried

    async def _allowed(self, meant: Interpretation, heard: str) -> Carried:
        if refusal := self.voices.refusal(meant, self.plugin_for):
            return Carried("", Outcome(success=False, reply=refusal))
        return await self._carried_out(meant, heard)

    async def _carried_out(self, meant: Interpretation, heard: str) -> Carried:
        plugins = [self.plugin_for(command.intent) for command in meant.commands]
        rest = self.plugin_for(None)
        if None in plugins:
            return not_understood(heard)
        if rest is not None and plugins[0] is rest:
            return await self._handed_on(rest, heard)
        if lacking := await self._lacking(meant):
            plugin, question, command = lacking
            outcome = Outcome(success=False, reply=question, asks=Asks.MORE)
            return Carried(plugin.name, outcome, lacking=command)
        if (shut := await self._kept_shut(meant, heard)) is not None:
            return shut
        if question := (await self.with_question(meant)).question:
            act = partial(self._confirmed, heard=heard)
            return Carried("", self.ask(replace(meant, question=""), act, question))
        return await self._done(meant, heard)

    async def _handed_on(self, rest: Plugin, heard: str) -> Carried:
        """What comes of words that nothing understood."""
        unknown = Interpretation(heard, None)
        shut = await self._kept_shut(unknown, heard)
        return shut or await _carried(rest, unknown)

    async def _opening(self, meant: Interpretation) -> str:
        """What it would open, as the first of its commands that opens something has it."""
        for command in meant.commands:
            plugin = self.plugin_for(command.intent)
            if isinstance(plugin, Opening) and (opening := await plugin.opens(command)):
                return opening
        return ""

    async def _kept_shut(self, meant: Interpretation, heard: str) -> Carried | None:
        """Why what it would open is not opened at once; `None` where it may be."""
        if not (self.codes.wanted or self.voices.rights.in_force):
            return None
        opening = await self._opening(meant)
        if not opening:
            return None
        if refusal := self.voices.refusal(meant, self.plugin_for, opens=True):
            return Carried("", Outcome(success=False, reply=refusal))
        if not self.codes.wanted:
            return None
        act = partial(self._opened, heard=heard)
        return Carried("", self.codes.ask(opening, replace(meant, question=""), act))

    async def _opened(self, meant: Interpretation, *, heard: str) -> Carried:
        """What comes of it after the code."""
        with self.voices.speaking(meant):
            carried = await self._done(replace(meant, confidence=1.0), heard)
        return self._noted(meant, carried)

    async def _done(self, meant: Interpretation, heard: str) -> Carried:
        """What comes of it with nothing left to ask."""
        plugins = [self.plugin_for(command.intent) for command in meant.commands]
        await self.before_acting(meant)
        if not meant.then and plugins[0] is not None:
            return await self._by(plugins[0], meant, heard)
        return in_one(
            [
                await _carried(plugin, command)
                for plugin, command in zip(plugins, meant.commands, strict=True)
                if plugin is not None
            ]
        )

    async def _by(self, plugin: Plugin, meant: Interpretation, heard: str) -> Carried:
        first = await _carried(plugin, meant)
        rest, unknown = self.plugin_for(None), Interpretation(heard, None)
        if rest is None or plugin is rest or not first.outcome.not_here:
            return first
        if self.voices.refusal(unknown, self.plugin_for):
            return first
        second = await self._handed_on(rest, heard)
        return first if second.outcome.not_here else second

    async def _confirmed(self, meant: Interpretation, *, heard: str) -> Outcome:
        then = tuple(replace(each, confidence=1.0, reason="") for each in meant.then)
        return (await self.carry_out(replace(meant, reason="", then=then), heard)).outcome


async def _carried(plugin: Plugin, interpretation: Interpretation) -> Carried:
    return Carried(plugin.name, *await outcome_of(plugin, interpretation))
