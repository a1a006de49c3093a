"""Temperatures said in another unit than the home's, converted: "70 degrees fahrenheit"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from assistant.nlu.numbers import written
from assistant.nlu.tokens import Token

CELSIUS, FAHRENHEIT = "celsius", "fahrenheit"
_WORDS = {CELSIUS: CELSIUS, "centigrade": CELSIUS, FAHRENHEIT: FAHRENHEIT}
_LETTERS = {"c": CELSIUS, "f": FAHRENHEIT}
"""Units only after "degrees" or after a number that something is set to: "zone 20 c" is a name."""
_TO = frozenset({"to", "at", "by"})
_DIFFERENCES = frozenset({"by", "another"})
_COMPARED = frozenset({"warmer", "hotter", "cooler", "colder", "higher", "lower", "up", "down"})
_FREEZING_F, _FAHRENHEIT_PER_CELSIUS = 32.0, 1.8


@runtime_checkable
class Measuring(Protocol):
    """A home that knows in which unit it measures temperatures."""

    @property
    def temperature_unit(self) -> str | None:
        """`celsius` or `fahrenheit`; `None` where it is not known."""


def unit_of(home: object) -> str | None:
    """The home's unit of temperature, if it is known."""
    return home.temperature_unit if isinstance(home, Measuring) else None


def in_unit(tokens: Sequence[Token], unit: str | None) -> list[Token]:
    """The tokens with temperatures in the home's unit; unchanged where that is not known."""
    result: list[Token] = []
    position = 0
    while position < len(tokens):
        end, said = _temperature(tokens, position)
        if said is None:
            result.append(tokens[position])
            position += 1
            continue
        spoken = tuple(word for token in tokens[position:end] for word in token.spoken)
        value = float(tokens[position].text)
        if unit is None:
            result += [tokens[position], Token("degrees", ()), Token(said, spoken)]
        else:
            before = tokens[position - 1].text if position else ""
            after = tokens[end].text if end < len(tokens) else ""
            is_step = before in _DIFFERENCES or after in _COMPARED
            value = value if said == unit else _converted(value, unit, is_step=is_step)
            result += [Token(written(value), spoken), Token("degrees", ())]
        position = end
    return result


def _temperature(tokens: Sequence[Token], start: int) -> tuple[int, str | None]:
    """Where a number with its unit ends, and the unit; none if there is no such."""
    if not tokens[start].text.replace(".", "", 1).isdecimal():
        return start, None
    end = start + 1
    degrees = end < len(tokens) and tokens[end].text in {"degree", "degrees"}
    end += degrees
    if end == len(tokens):
        return start, None
    letters = degrees or (start > 0 and tokens[start - 1].text in _TO)
    unit = _WORDS.get(tokens[end].text) or (_LETTERS.get(tokens[end].text) if letters else None)
    return end + 1, unit


def _converted(value: float, unit: str, *, is_step: bool) -> float:
    zero = 0.0 if is_step else _FREEZING_F
    if unit == CELSIUS:
        return round((value - zero) / _FAHRENHEIT_PER_CELSIUS, 1)
    return round(value * _FAHRENHEIT_PER_CELSIUS + zero, 1)
