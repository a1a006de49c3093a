"""The time and the date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Outcome, Plugin, PluginContext

_ELEVENTH_TO_THIRTEENTH = range(11, 14)
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


class TimeAndDate:
    """Says what time or which day it is where the assistant stands."""

    name = "clock"

    def __init__(self, local_time: Callable[[], datetime]) -> None:
        self._local_time = local_time

    def intents(self) -> Sequence[str]:
        """Time and date."""
        return ("HassGetCurrentTime", "HassGetCurrentDate")

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch: the time is told when it is asked for."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Tell the time or the date."""
        now = self._local_time()
        if interpretation.intent == "HassGetCurrentDate":
            return Outcome(success=True, reply=f"It is {spoken_date(now)}.")
        return Outcome(success=True, reply=f"It is {now.hour}:{now.minute:02}.")


def spoken_date(day: datetime) -> str:
    """Such as "Monday, November 23rd"."""
    suffix = "th" if day.day in _ELEVENTH_TO_THIRTEENTH else _SUFFIXES.get(day.day % 10, "th")
    return f"{day:%A, %B} {day.day}{suffix}"


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    return TimeAndDate(context.local_time)
