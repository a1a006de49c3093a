"""What is asked for often in this home: a prior for what a sentence means.

Commands are counted, by their intent and by all that they say (intent and slots). A count halves in
four weeks, so habits of a season are forgotten. The prior of a meaning is how much more often it
was asked for than a usual one of a usual home,

    log((k_i + 10 w_i) / (10 + C / 40)) + log((k_m + 1) / (1 + C / 200)),

with the counts k_i of its intent, k_m of itself and C of all commands, and the weight w_i that its
intent starts with: estimates that begin at what is known of homes in general and move as far as
there is evidence (a Dirichlet prior, as in MacKay and Peto, "A hierarchical Dirichlet language
model", 1995). Both parts have bounds, so habits decide between what sounds alike and never make
likely what does not sound so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from assistant.nlu.resolver import Reading

HALF_LIFE_S: Final = 28 * 86_400.0
_USUAL: Final = 2.0
USUAL_INTENTS: Final = dict.fromkeys(
    (
        "HassTurnOn",
        "HassTurnOff",
        "HassLightSet",
        "HassStartTimer",
        "HassSetVolume",
        "HassMediaPause",
        "HassMediaUnpause",
        "HassGetWeather",
        "HassGetCurrentTime",
        "HassClimateGetTemperature",
        "HassClimateSetTemperature",
        "HassShoppingListAddItem",
    ),
    _USUAL,
)
"""What homes ask for most, by the logs of such assistants (Ammari et al., "Music, search, and IoT",
2019): devices, music, volume, timers, weather. Other intents start with a weight of 1."""
_INTENTS: Final = 40
"""Intents that a home uses, and below the meanings: a usual one has that share of all."""
_MEANINGS: Final = 200
_START: Final = 10.0
"""Commands that the weights at the start are worth."""
_INTENT_NATS: Final = (-0.5, 0.7)
_MEANING_NATS: Final = (-0.5, 1.3)
_GUARDED: Final = frozenset(
    {"lock", "cover", "alarm_control_panel", "scene", "script", "group", "automation"}
)
"""Domains of what may open a home: however often that was done, it is heard no sooner."""
_FORGOTTEN: Final = 0.05
_MOST: Final = 2000
"""Meanings that are kept."""


class Habit(NamedTuple):
    """A command as it is counted."""

    intent: str
    values: str = ""
    """Its slots; empty where words of no list are among them, which are never kept."""

    @property
    def meaning(self) -> str:
        """All that the command says, as it is written down."""
        return f"{self.intent} {self.values}".strip()


def habit_of(reading: Reading) -> Habit | None:
    """How a command is counted that has been read so; `None`: not at all."""
    if any(target.partition(".")[0] in _GUARDED for target in reading.targets):
        return None
    if reading.free_words:
        return Habit(reading.intent)
    values = (f"{name}={value}" for name, value in sorted(reading.slots.items()))
    return Habit(reading.intent, ", ".join(values) or "-")


@dataclass(frozen=True, slots=True)
class Counts:
    """Commands by intent and by meaning, as they counted at a time (seconds since 1970)."""

    at_s: float = 0.0
    intents: Mapping[str, float] = field(default_factory=dict)
    meanings: Mapping[str, float] = field(default_factory=dict)

    def at(self, now_s: float) -> Counts:
        """The counts as they are later; a clock that is behind changes nothing."""
        share = 0.5 ** (max(0.0, now_s - self.at_s) / HALF_LIFE_S) if self.at_s else 1.0
        return Counts(
            max(self.at_s, now_s), _decayed(self.intents, share), _decayed(self.meanings, share)
        )

    def and_one(self, habit: Habit) -> Counts:
        """The counts with one command more."""
        meanings = _with_one(self.meanings, habit.meaning) if habit.values else self.meanings
        return Counts(self.at_s, _with_one(self.intents, habit.intent), meanings)

    def prior(self, habit: Habit) -> float:
        """How much likelier (natural log) a command is than a usual one, within bounds."""
        total = sum(self.intents.values())
        start = _START * USUAL_INTENTS.get(habit.intent, 1.0)
        intent = self.intents.get(habit.intent, 0.0) + start
        nats = _within(_INTENT_NATS, math.log(intent / (_START + total / _INTENTS)))
        if not habit.values:
            return nats
        meaning = self.meanings.get(habit.meaning, 0.0) + 1.0
        return nats + _within(_MEANING_NATS, math.log(meaning / (1.0 + total / _MEANINGS)))


def _decayed(counts: Mapping[str, float], share: float) -> dict[str, float]:
    """What is left of counts, the greatest first to stay."""
    left = {key: count * share for key, count in counts.items() if count * share > _FORGOTTEN}
    if len(left) <= _MOST:
        return left
    return dict(sorted(left.items(), key=lambda item: -item[1])[:_MOST])


def _with_one(counts: Mapping[str, float], key: str) -> dict[str, float]:
    return {**counts, key: counts.get(key, 0.0) + 1.0}


def _within(bounds: tuple[float, float], nats: float) -> float:
    least, most = bounds
    return max(least, min(most, nats))
