"""What was said before, for as long as it counts: the state of one conversation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from assistant.dialogue.carried import Carried
from assistant.home.model import Change
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.referents import Targets
from assistant.plugins.api import Asks, Outcome

LIFETIME_S = 30.0
"""So long after a reply its words may be answered, corrected, or gone on from."""
REPEATED_S = 300.0
"""So long after a reply it can be asked for again."""
CONFIRM = "HearthConfirm"
"""The intent of a yes: what it is about was said before it."""
NEVER_MIND = "HassNevermind"
REPEAT = "HearthRepeat"
"""The intent of "say that again"."""
_WAS_OFF = ("state", "off")
ENDS = frozenset({NEVER_MIND, "HearthStop"})
"""Intents that end what was asked, or what is being done."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A sentence and what came of it."""

    commands: tuple[Interpretation, ...]
    """What it said, or where something is asked, what of it waits for the answer."""
    asks: Asks = Asks.NOTHING
    """What the reply asked for."""
    at: int = -1
    """The place of the command that is asked about, else of the last one."""
    options: tuple[str, ...] = ()
    """What one is to be chosen of, in the order in which they were named."""
    changes: tuple[tuple[Change, ...], ...] = ()
    """What each command has changed."""
    named: tuple[Targets, ...] = ()
    """Devices of each command that was carried out, and before of those that it goes on from."""

    @property
    def meant(self) -> Interpretation:
        """The command that is asked about, else the last one."""
        return self.commands[self.at]

    @property
    def changed(self) -> tuple[str, ...]:
        """Devices that this command has changed."""
        return tuple(dict.fromkeys(each.device for each in self._changes))

    @property
    def turned_on(self) -> frozenset[str]:
        """Those of them that were off."""
        return frozenset(
            each.device for each in self._changes if (each.attribute, each.before) == _WAS_OFF
        )

    @property
    def _changes(self) -> tuple[Change, ...]:
        return self.changes[self.at] if self.changes else ()

    @property
    def each(self) -> Iterator[Exchange]:
        """The same about each command, the one that it is about first, then the others, back."""
        yield self
        others = (
            at for at in reversed(range(len(self.commands))) if at != self.at % len(self.commands)
        )
        yield from (replace(self, at=at) for at in others)

    def answered(self, meant: Interpretation) -> Interpretation:
        """What is to be done when another command is meant instead: it, and what waits as well."""
        if not self.asks:
            return meant
        commands = list(self.commands)
        commands[self.at : self.at + 1 or None] = meant.commands
        return replace(commands[0], then=tuple(commands[1:]))


class Dialogue:
    """Remembers the last exchange. `now_s`: where in the audio we are, or another clock."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._last: Exchange | None = None
        self._until_s = 0.0
        self._reply: Outcome | None = None
        self._replied_s = 0.0

    def note(self, meant: Interpretation, carried: Carried) -> None:
        """Something came of a meaning. A yes is about what was said before it."""
        if meant.intent is not None:
            self._reply, self._replied_s = carried.outcome, self._now_s()
        if meant.intent == NEVER_MIND:
            self._last = None
        elif meant.intent is not None and meant.intent != CONFIRM:
            self._last = replace(self._exchange(meant, carried), named=carried.named)
            self._until_s = self._now_s() + LIFETIME_S

    def named_after(self, meant: Interpretation, carried: Carried) -> tuple[Targets, ...]:
        """The devices of each command that was carried out, after those that it goes on from.

        An answer goes on from what was asked about. A correction goes on from nothing: it is what
        was meant instead, and what it puts back is not spoken of.
        """
        goes_on = meant.answers and not meant.takes_back
        before = self.last.named if self.last and goes_on else ()
        pairs = zip(meant.commands, carried.parts, strict=False)
        done = [part for each, part in pairs if part.outcome.success and not each.undoes]
        return (*before, *filter(None, (part.outcome.targets for part in done)))

    def _exchange(self, meant: Interpretation, carried: Carried) -> Exchange:
        commands, parts, asks = meant.commands, carried.parts, carried.outcome.asks
        if len(parts) < len(commands):
            # Nothing was done of it: it is asked back as a whole.
            about = next((at for at, each in enumerate(commands) if each == carried.lacking), -1)
            return Exchange(commands, asks, about)
        if asks:
            asking = [
                (each, part)
                for each, part in zip(commands, parts, strict=True)
                if part.outcome.asks
            ]
            outcome = asking[0][1].outcome
            options = outcome.targets if outcome.asks is Asks.WHICH else ()
            return Exchange(tuple(each for each, _ in asking), outcome.asks, 0, options)
        # What is put back was not said: nothing goes on from it, and nobody corrects it.
        said = [pair for pair in zip(commands, parts, strict=True) if not pair[0].undoes]
        commands = tuple(each for each, _ in said)
        changes = tuple(part.outcome.changes for _, part in said)
        return Exchange(commands, options=self._chosen_of(commands[-1]), changes=changes)

    def _chosen_of(self, meant: Interpretation) -> tuple[str, ...]:
        """The options that an answer chose of: "the other one" is of them, too."""
        before = self.last.options if self.last and meant.answers else ()
        return before if set(meant.targets) < set(before) else ()

    @property
    def reply(self) -> Outcome | None:
        """What came of the last command, unless that is too long ago to be asked for again."""
        return self._reply if self._now_s() <= self._replied_s + REPEATED_S else None

    def repeat(self) -> Outcome | None:
        """The last reply, to be said again; what it asks may be answered as if it were new."""
        reply = self.reply
        if reply is None or not reply.reply:
            return None
        if self.last is not None:
            self._until_s = self._now_s() + LIFETIME_S
        return Outcome(success=True, reply=reply.reply, asks=reply.asks)

    @property
    def last(self) -> Exchange | None:
        """The last exchange, unless that is too long ago."""
        return self._last if self._now_s() <= self._until_s else None
