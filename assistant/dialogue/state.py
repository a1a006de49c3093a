"""What was said before, for as long as it counts: the state of one conversation."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from assistant.nlu.interpretation import Interpretation
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
ENDS = frozenset({NEVER_MIND, "HearthStop"})
"""Intents that end what was asked, or what is being done."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command and what came of it."""

    meant: Interpretation
    asks: Asks
    """What the reply asked for."""
    options: tuple[str, ...] = ()
    """What one is to be chosen of, in the order in which they were named."""
    changed: tuple[str, ...] = ()
    """Devices that were changed."""


class Dialogue:
    """Remembers the last exchange. `now_s`: where in the audio we are, or another clock."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._last: Exchange | None = None
        self._until_s = 0.0
        self._reply: Outcome | None = None
        self._replied_s = 0.0

    def note(self, meant: Interpretation, outcome: Outcome) -> None:
        """Something came of a meaning. A yes is about what was said before it."""
        if meant.intent is not None:
            self._reply, self._replied_s = outcome, self._now_s()
        if meant.intent == NEVER_MIND:
            self._last = None
        elif meant.intent is not None and meant.intent != CONFIRM:
            options = outcome.targets if outcome.asks is Asks.WHICH else self._chosen_of(meant)
            changed = tuple(dict.fromkeys(change.device for change in outcome.changes))
            self._last = Exchange(meant, outcome.asks, options, changed)
            self._until_s = self._now_s() + LIFETIME_S

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
