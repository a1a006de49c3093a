"""A spoken code as the second factor: what opens the home is done once the code was said.

The code is asked for, and what is said next is compared with it. Who guesses is refused after
`TRIES` for `REFUSED_S`. What is said meanwhile may be the code, so nobody is told its words, see
`waits`.
"""

from __future__ import annotations

import hmac
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Final

from assistant.dialogue.carried import Carried
from assistant.dialogue.state import ENDS
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import UNKNOWN_NAME
from assistant.nlu.spoken_digits import digits_said, has_digits
from assistant.nlu.tokens import split_words
from assistant.plugins.api import Asks, Outcome
from assistant.plugins.confirmation import Pending, WaitingCommand

TRIES: Final = 3
REFUSED_S: Final = 300.0
_MINUTE_S: Final = 60.0
_LOG = logging.getLogger(__name__)

Act = Callable[[Interpretation], Awaitable[Carried]]


class Codes:
    """Asks for the code and compares it. `code`: its digits, `None` where none is asked for.

    `pending` holds what waits for it, room by room; `now_s` is its clock. Wrong ones are counted
    for all rooms together.
    """

    def __init__(self, code: str | None = None, now_s: Callable[[], float] = lambda: 0.0) -> None:
        self._code = code
        self._pending: Pending[Carried] = Pending(now_s)
        self._now_s = now_s
        self._wrong = 0
        self._refused_until_s = -math.inf

    @property
    def wanted(self) -> bool:
        """Whether there is a code."""
        return self._code is not None

    @property
    def waits(self) -> bool:
        """Whether what is said in this room now may be the code."""
        return self.wanted and self._pending.asked is not None

    def question(self, opening: str) -> str:
        """What to ask; `opening` says what for, such as "to unlock the front door"."""
        return f"What is the code {opening}?"

    def ask(self, opening: str, meant: Interpretation, act: Act) -> Outcome:
        """Let a meaning wait for the code, unless it was wrong too often."""
        left_s = self._refused_until_s - self._now_s()
        if left_s > 0.0:
            reply = f"The code was wrong {TRIES} times. Try again in {_minutes(left_s)}."
            return Outcome(success=False, reply=reply)
        self._pending.ask(WaitingCommand(meant, act))
        return Outcome(
            success=False, reply=self.question(opening), targets=meant.targets, asks=Asks.CODE
        )

    def answer(self, meant: Interpretation, heard: str) -> WaitingCommand[Carried] | Outcome | None:
        """What waited, if this is the code; else what to say; `None` where it is no answer.

        A command without any number in it is none, nor is "never mind".
        """
        if not self.waits:
            return None
        words = split_words(heard)
        rows = digits_said(words)
        if rows:
            return self._compared(rows)
        if meant.intent in ENDS or (_is_sure(meant) and not has_digits(words)):
            self._pending.forget()
            return None
        return Outcome(success=False, reply="I heard no code. Say its digits.", asks=Asks.CODE)

    def _compared(self, rows: frozenset[str]) -> WaitingCommand[Carried] | Outcome | None:
        if True in [hmac.compare_digest(row, self._code or "") for row in rows]:
            self._wrong = 0
            return self._pending.take()
        self._wrong += 1
        if self._wrong < TRIES:
            return Outcome(success=False, reply="That is not the code. Again?", asks=Asks.CODE)
        self._wrong = 0
        self._refused_until_s = self._now_s() + REFUSED_S
        self._pending.forget()
        _LOG.warning("a wrong code was said %d times; none is taken for a while", TRIES)
        reply = f"That is not the code. I open nothing more for {_minutes(REFUSED_S)}."
        return Outcome(success=False, reply=reply)


def _is_sure(meant: Interpretation) -> bool:
    return meant.intent is not None and not meant.question and UNKNOWN_NAME not in meant.slots


def _minutes(duration_s: float) -> str:
    count = math.ceil(duration_s / _MINUTE_S)
    return "a minute" if count == 1 else f"{count} minutes"
