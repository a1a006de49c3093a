"""What it changes who says something: what they may do, and what is theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from assistant.dialogue.state import CONFIRM, ENDS
from assistant.nlu.interpretation import Interpretation
from assistant.plugins.api import Plugin
from assistant.speaker.heard import HeardVoice
from assistant.speaker.own_things import OwnThings
from assistant.speaker.rights import Rights

_SPEAKER: ContextVar[HeardVoice | None] = ContextVar("speaker", default=None)
"""Who gives the command that is carried out: a task that it begins is still theirs."""
PluginFor = Callable[[str | None], Plugin | None]


@dataclass(frozen=True, slots=True)
class Voices:
    """The household's people, as far as commands are concerned."""

    rights: Rights = field(default_factory=Rights)
    """What is denied to whose voice."""
    own: OwnThings = field(default_factory=OwnThings)
    asked: Callable[[], Interpretation | None] = lambda: None
    """What a yes would be about now."""
    opens_from: float = 0.98
    """The probability from which on somebody's rights hold for what opens the home."""

    def personal(self, meant: Interpretation) -> Interpretation:
        """The meaning in the mouth of who said it: "my list" is their own, if they have one."""
        then = tuple(map(self.personal, meant.then))
        name = meant.speaker.name if meant.speaker else None
        if name is None or len(meant.targets) != 1:
            return replace(meant, then=then)
        own = self.own.list_of(name, meant.text, meant.targets[0])
        return replace(meant, targets=(own,) if own else meant.targets, then=then)

    @contextmanager
    def speaking(self, meant: Interpretation) -> Iterator[None]:
        """While it is carried out; what is said without a voice is of who gave it before."""
        if meant.speaker is None:
            yield
            return
        token = _SPEAKER.set(meant.speaker)
        try:
            yield
        finally:
            _SPEAKER.reset(token)

    def refusal(self, meant: Interpretation, plugin_for: PluginFor, *, opens: bool = False) -> str:
        """What to say to who may not do it, within `speaking`; empty where they may.

        Who says yes must have the rights to what was asked about, as must who was asked. What
        `opens` the home takes a surer voice.
        """
        if not self.rights.in_force or not meant.text:
            return ""
        asked = self.asked()
        if meant.intent == CONFIRM and asked is not None:
            return self.refusal(asked, plugin_for)
        rest = plugin_for(None)
        for command in meant.commands:
            plugin = plugin_for(command.intent)
            if plugin is None or command.intent in ENDS:
                continue  # whoever is disturbed may end it
            known = command.intent if plugin is not rest else None
            by, least = _SPEAKER.get(), self.opens_from if opens else 0.0
            if refusal := self.rights.refusal(by, command.targets, known, plugin.name, least):
                return refusal
        return ""
