"""Values into typed settings: the dataclasses' annotations say what is valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from assistant.config.error import nearest
from assistant.config.expected import Expected, accept
from assistant.config.limits import SettingError
from assistant.config.tags import resolve
from assistant.config.value import Value


class Binder:
    """Turns the values of one configuration into dataclasses; notes which are secret."""

    def __init__(self, settings: type) -> None:
        hints = get_type_hints(settings)
        self.secrets: set[str] = set()
        self._sections = {
            name: section
            for section in setting_names(settings)
            if is_dataclass(hints[section])
            for name in setting_names(hints[section])
        }

    def section(self, section: type[Any], value: Value) -> Any:  # noqa: ANN401
        """An instance of a settings dataclass; what is not written keeps its default, if any."""
        value = resolve(value)
        written = value.mapping()
        hints = get_type_hints(section, include_extras=True)
        valid = setting_names(section)
        arguments = {}
        for name, (key, item) in written.items():
            if name not in valid:
                raise key.error(self._unknown(name, valid))
            bind = self.section if is_dataclass(hints[name]) else self._setting
            arguments[name] = bind(hints[name], item)
        for name in _without_default(section):
            if name not in arguments:
                raise value.error(f"`{name}: ...` is missing")
        try:
            return section(**arguments)
        except SettingError as error:
            blamed = [written[key][1] for key in error.keys if key in written]
            raise (blamed or [value])[0].error(str(error)) from None

    def _unknown(self, name: str, valid: Sequence[str]) -> str:
        home = self._sections.get(name)
        guess = f"{home}.{name}" if home else nearest(name, valid)
        return f"unknown key '{name}'; the nearest valid key is '{guess}'"

    def _setting(self, hint: Any, value: Value) -> Any:  # noqa: ANN401
        value = resolve(value)
        if get_origin(hint) is Mapping:
            _, hint = get_args(hint)
            bind = self.section if is_dataclass(hint) else self._setting
            return {name: bind(hint, item) for name, (_, item) in value.mapping().items()}
        if (each := _section_of_many(hint)) is not None:
            return tuple(self.section(each, item) for item in value.sequence())
        expected = Expected.of(hint)
        items = [resolve(item) for item in value.sequence()] if expected.many else [value]
        if any(item.secret for item in items):
            self.secrets.add(value.key)
        elif expected.limits.secret and value.kind != "null":
            name = value.key.replace(".", "_")
            raise value.error(
                f"must not stand here: write `{name}: ...` into secrets.yaml beside this file, "
                f"and here `!secret {name}`"
            )
        found = [accept(expected, item) for item in items]
        return tuple(found) if expected.many else found[0]


def _section_of_many(hint: Any) -> type[Any] | None:  # noqa: ANN401
    """The dataclass of which a list is meant, if one is."""
    each: Any = get_args(hint)[0] if get_origin(hint) is tuple else None
    return each if is_dataclass(each) and isinstance(each, type) else None


def setting_names(section: type) -> list[str]:
    """The settings in a dataclass; fields that are left out of comparisons are not settings."""
    return [item.name for item in fields(section) if item.compare]


def _without_default(section: type) -> list[str]:
    """The settings that have to be written."""
    return [
        item.name
        for item in fields(section)
        if item.default is MISSING and item.default_factory is MISSING
    ]
