"""Which commands become habits: those that were carried out and that the user let stand.

A command waits until more is said. What then takes it back, or stands in its place, makes it none:
a "no", the same command with other values, something else done to the same devices. So what was
misheard is not learned from, as long as the user puts it right at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from assistant.dialogue.state import CONFIRM, LIFETIME_S, NEVER_MIND
from assistant.nlu.interpretation import Interpretation
from assistant.plugins.api import Outcome

_LOG = logging.getLogger(__name__)

_REFUSING: Final = frozenset({"no", "nope", "not", "wrong", "undo"})
"""First words of a complaint that means nothing by itself."""


class Learning:
    """Hands commands that stand to `learn`, in a thread of its own, one after the other.

    `now_s`: where in the audio we are, or another clock.
    """

    def __init__(
        self, learn: Callable[[Interpretation], None], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._learn = learn
        self._now_s = now_s
        self._done: tuple[Interpretation, ...] = ()
        self._until_s = 0.0
        self._thread = ThreadPoolExecutor(1, "habits")
        self._beside: list[Learning] = []

    def beside(
        self, learn: Callable[[Interpretation], None], now_s: Callable[[], float]
    ) -> Learning:
        """The same for a conversation in another room; it ends with this one."""
        other = Learning(learn, now_s)
        self._beside.append(other)
        return other

    def note(self, meant: Interpretation, outcomes: list[Outcome]) -> None:
        """Something came of a meaning, of each of its commands. A yes was told before."""
        if meant.intent == CONFIRM:
            return
        if self._now_s() <= self._until_s and _takes_back(meant, self._done):
            self._done = ()
        if meant.intent is None or meant.intent == NEVER_MIND:
            return
        self._settle()
        done = [
            command
            for command, outcome in zip(meant.commands, outcomes, strict=False)
            if outcome.success
        ]
        # What puts a wrong command right comes after what was meant.
        self._done = tuple(done[:1] if meant.takes_back else done)
        self._until_s = self._now_s() + LIFETIME_S

    def close(self) -> None:
        """Learn what waits; returns when that is done."""
        for other in self._beside:
            other.close()
        self._settle()
        self._thread.shutdown()

    def _settle(self) -> None:
        for command in self._done:
            self._thread.submit(self._learned, command)
        self._done = ()

    def _learned(self, command: Interpretation) -> None:
        try:
            self._learn(command)
        except Exception:  # noqa: BLE001 - hassil raises what it likes, and nobody waits for it
            _LOG.exception("nothing is learned from: %s", command.text)


def _takes_back(meant: Interpretation, done: tuple[Interpretation, ...]) -> bool:
    """Whether something that is said right after some commands means that they were wrong."""
    if meant.intent is None:
        return meant.text.split()[:1] != [] and meant.text.split()[0] in _REFUSING
    if meant.intent == NEVER_MIND or meant.takes_back:
        return True
    return not meant.answers and any(
        _in_place_of(new, old) for new in meant.commands for old in done
    )


def _in_place_of(new: Interpretation, old: Interpretation) -> bool:
    """Whether a command may be what was meant by another one; saying it again is not."""
    if (new.intent, new.slots, new.targets) == (old.intent, old.slots, old.targets):
        return False
    return new.intent == old.intent or not set(new.targets).isdisjoint(old.targets)
