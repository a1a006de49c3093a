"""Somebody is in the room: what an entity of the home says of it."""

from __future__ import annotations

import logging

from assistant.home.model import Sensing

_LOG = logging.getLogger(__name__)
_THERE = frozenset({"on", "home"})
_NOT_THERE = frozenset({"off", "not_home"})
_UNKNOWN = frozenset({"unknown", "unavailable"})
_OF_PEOPLE = ("person.", "device_tracker.")
"""Whose states are the names of places; only one of them is here."""


class HomeSensor:
    """One entity: a binary sensor or a helper that is on, or a person who is at home.

    The home tells of its changes, so what it says is at hand; it may be asked from any thread.
    """

    def __init__(self, entity_id: str) -> None:
        self._entity_id = entity_id
        self._home: Sensing | None = None
        self._lost = False

    def begin(self, home: object) -> None:
        """Follow the entity in a home, connected or not yet."""
        if isinstance(home, Sensing):
            home.follow(self._entity_id)
            self._home = home

    @property
    def somebody(self) -> bool | None:
        """Whether somebody is there; `None`, and one line in the log, where nothing is known."""
        state = self._home.sensed(self._entity_id) if self._home else None
        there = _there(self._entity_id, state.state) if state else None
        if (there is None) != self._lost:
            self._lost = there is None
            self._tell(state.state if state else "not in this home, or the home is not connected")
        return there

    def _tell(self, state: str) -> None:
        if self._lost:
            _LOG.warning(
                "presence: %s is %s; until that changes it counts neither way",
                self._entity_id,
                state,
            )
        else:
            _LOG.info("presence: %s is known again", self._entity_id)


def _there(entity_id: str, state: str) -> bool | None:
    if state in _THERE:
        return True
    elsewhere = entity_id.startswith(_OF_PEOPLE) and state not in _UNKNOWN
    return False if state in _NOT_THERE or elsewhere else None
