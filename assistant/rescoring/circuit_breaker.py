"""Leaves a server alone that has failed several times in a row (the circuit breaker pattern).

One that is gone would make every command wait for the deadline.
"""

from __future__ import annotations

import logging

from assistant.audio.clock import Clock

_LOG = logging.getLogger(__name__)
_FAILURES = 3
_PAUSE_S = 60.0


class CircuitBreaker:
    """Counts failures in a row, and logs each reason once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._reason = ""
        self._until_s = clock.now()

    @property
    def is_open(self) -> bool:
        """Whether the server is not to be asked now."""
        return self._clock.now() < self._until_s

    def failed(self, reason: str) -> None:
        """Note a failure; after `_FAILURES` in a row the server is left alone for `_PAUSE_S`."""
        if reason != self._reason:
            _LOG.warning("not rescored: %s", reason)
        self._reason = reason
        self._failures += 1
        if self._failures >= _FAILURES:
            self._until_s = self._clock.now() + _PAUSE_S
            _LOG.warning("the rescoring server is left alone for %g s", _PAUSE_S)

    def succeeded(self) -> None:
        """Note a success."""
        if self._failures:
            _LOG.info("the rescoring server answers again")
        self._failures, self._reason = 0, ""
