"""Values of a configuration that know where they were written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from assistant.config.error import ConfigError

_STANDARD = "tag:yaml.org,2002:"
_SCALARS = {"null", "bool", "int", "float", "str", "timestamp"}


@dataclass(frozen=True, slots=True)
class Value:
    """A YAML node together with what it is for."""

    node: yaml.Node
    key: str
    """Dotted name of the setting, such as `wake.threshold`; empty for a whole file."""
    root: Path
    """Folder of the main configuration file."""
    secret: bool = False
    """Whether the value came out of `secrets.yaml` and must not be shown."""

    @property
    def file(self) -> Path:
        """The file in which the value is written."""
        return Path(str(self.node.start_mark.name))

    @property
    def kind(self) -> str:
        """YAML's word for it: `map`, `seq`, `str`, `int`, ..., or a tag such as `!secret`."""
        return str(self.node.tag).removeprefix(_STANDARD)

    def error(self, message: str) -> ConfigError:
        """An error that points at this value."""
        named = f"{self.key}: {message}" if self.key else message
        return ConfigError.at(self.node.start_mark, named)

    def mapping(self) -> dict[str, tuple[Value, Value]]:
        """Keys to (key, value); nothing written counts as an empty mapping.

        `<<` merges another mapping's keys below the ones written here, as YAML 1.1 has it.
        """
        if self.kind == "null":
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("expected indented `key: value` lines")
        inherited: dict[str, tuple[Value, Value]] = {}
        own: dict[str, tuple[Value, Value]] = {}
        for key_node, node in self.node.value:
            key, value = replace(self, node=key_node), replace(self, node=node)
            if key.kind == "merge":
                inherited |= _merged(value)
                continue
            name = key.text()
            if name in own:
                first = own[name][0].node.start_mark.line + 1
                raise key.error(f"'{name}' is given twice, first in line {first}; keep one of them")
            own[name] = key, replace(value, key=f"{self.key}.{name}" if self.key else name)
        return inherited | own

    def sequence(self) -> Iterator[Value]:
        """The items of a list, each with the list's key."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("expected a list, such as [one, two]")
        for node in self.node.value:
            yield replace(self, node=node)

    def text(self) -> str:
        """The characters of a plain value as they are written, whatever type YAML gives them."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error("expected one word here, not a list or mapping")
        return str(self.node.value)

    def scalar(self) -> object:
        """A plain value: text, number, boolean, date or `None`."""
        if self.kind not in _SCALARS:
            raise self.error("expected one value, not a list or mapping")
        try:
            return yaml.SafeLoader("").construct_object(self.node)
        except (ValueError, yaml.YAMLError):
            raise self.error(f"this cannot be read as {self.kind}") from None


def _merged(value: Value) -> dict[str, tuple[Value, Value]]:
    parts = value.sequence() if value.kind == "seq" else iter([value])
    merged: dict[str, tuple[Value, Value]] = {}
    for part in parts:
        merged = part.mapping() | merged
    return merged
