"""What a setting may be, and whether a value is that."""

from __future__ import annotations

import math
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from assistant.config.error import nearest
from assistant.config.limits import SettingLimits
from assistant.config.value import Value

_NAMES = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
}
_REFUSED = object()
_MISSPELT = 0.75
"""How much alike a word is to the one that was probably meant, see `nearest`."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a setting may be, read off its annotation."""

    choices: tuple[Any, ...]
    """Alternatives: types, `None`, and single values (of a `Literal`)."""
    many: bool
    """Whether a list of them is meant."""
    limits: SettingLimits

    @classmethod
    def of(cls, hint: Any) -> Expected:  # noqa: ANN401
        """From `Annotated[int | None, SettingLimits(...)]`, `tuple[str, ...]`, `Literal[...]`."""
        limits = SettingLimits()
        if get_origin(hint) is Annotated:
            hint, limits = get_args(hint)
        many = get_origin(hint) is tuple
        return cls(tuple(_choices(get_args(hint)[0] if many else hint)), many, limits)

    @property
    def words(self) -> list[str]:
        """The texts that are valid, where only certain ones are."""
        return [choice for choice in self.choices if isinstance(choice, str)]

    def __str__(self) -> str:
        listed = ", ".join(self.words)
        words = [f"one of {listed}" if len(self.words) > 1 else listed] if self.words else []
        return " or ".join(words + [_name(c) for c in self.choices if not isinstance(c, str)])


def _choices(hint: Any) -> list[Any]:  # noqa: ANN401
    if get_origin(hint) in (Union, types.UnionType):
        return [choice for part in get_args(hint) for choice in _choices(part)]
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    return [None if hint is types.NoneType else hint]


def _name(choice: Any) -> str:  # noqa: ANN401
    return _NAMES.get(choice) or ("null" if choice is None else str(choice).lower())


def accept(expected: Expected, value: Value) -> Any:  # noqa: ANN401
    """A single value that is what is expected; raises `ConfigError`."""
    raw = value.scalar()
    for choice in expected.choices:
        found = _accepted(choice, raw, value)
        if found is not _REFUSED:
            _check_limits(found, expected.limits, value)
            return _located(found, expected.limits, value)
    because = f": {expected.limits.because}" if expected.limits.because else ""
    raise value.error(f"must be {expected}, {_instead(raw, value, expected)}{because}")


def _accepted(choice: Any, raw: Any, value: Value) -> Any:  # noqa: ANN401
    """`raw` as this choice has it, or `_REFUSED`."""
    if choice is float and type(raw) in (int, float):
        return float(raw) if math.isfinite(raw) else _REFUSED
    if choice is Path and isinstance(raw, str) and raw.strip():
        return value.file.parent / Path(raw).expanduser()
    if choice is str:
        return raw if isinstance(raw, str) and raw.strip() else _REFUSED
    if isinstance(choice, type):
        return raw if type(raw) is choice else _REFUSED
    return raw if type(raw) is type(choice) and raw == choice else _REFUSED


def _located(found: Any, limits: SettingLimits, value: Value) -> Any:  # noqa: ANN401
    if isinstance(found, str) and found.endswith(limits.file_suffixes):
        return str(value.file.parent / Path(found).expanduser())
    return found


def _check_limits(found: Any, limits: SettingLimits, value: Value) -> None:  # noqa: ANN401
    if type(found) not in (int, float):
        return
    low, high = limits.at_least, limits.at_most
    if (low is None or found >= low) and (high is None or found <= high):
        return
    valid = f"from {low:g} to {high:g}" if high is not None else f"at least {low:g}"
    raise value.error(f"must be {valid}, {_quoted(value)}")


def _instead(raw: object, value: Value, expected: Expected) -> str:
    """What is there instead, and what was probably meant."""
    quoted = _quoted(value)
    if value.secret:
        return (
            f"{quoted}: put it in quotes" if raw is not None and str in expected.choices else quoted
        )
    if expected.words and isinstance(raw, str):
        meant = nearest(raw, expected.words, _MISSPELT)
        return f"{quoted}; the nearest is '{meant}'" if meant else quoted
    if str in expected.choices and raw not in (None, ""):
        return f'{quoted}; put it in quotes if it is meant as text: "{value.text()}"'
    return quoted


def _quoted(value: Value) -> str:
    if value.secret:
        return "and the secret is not"
    return f"not '{value.text()}'" if value.text() else "and nothing is written here"
