"""Parts of a file of sentences, and how what is wrong with one is noted while it is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from assistant.config.error import ConfigError, nearest
from assistant.config.value import Value
from assistant.nlu.template_text import TemplateError, as_spoken, check_template


@dataclass(frozen=True, slots=True)
class FilePart:
    """A sentence, or what sentences refer to: a list or a rule."""

    name: str
    """The sentence's intent, or `{list}` or `<rule>`."""
    value: Any
    """The template as it is matched, or the list as hassil has it."""
    mark: yaml.Mark
    needs: tuple[str, ...] = ()
    """The lists and rules that it refers to."""
    block: Mapping[str, Any] = field(default_factory=dict)
    """What a sentence shares with others: slots, context, and where it stands."""


@dataclass(slots=True)
class ParsedFile:
    """A file as it is written, without what is wrong in it."""

    path: Path
    sentences: list[FilePart] = field(default_factory=list)
    definitions: list[FilePart] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Lists and rules that are left out."""
    skip_words: list[str] = field(default_factory=list)
    responses: dict[str, dict[str, str]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    """The plain values of lists, as they are written."""
    problems: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)


class PartReader:
    """Reads values of one file; what is wrong with them goes into `written`."""

    def __init__(self, written: ParsedFile) -> None:
        self.written = written

    @contextmanager
    def left_out(self, definition: str = "") -> Iterator[None]:
        """What is wrong with a part is noted, and it is left out."""
        try:
            yield
        except ConfigError as error:
            self.written.problems.append(str(error))
            self.written.broken.update([definition] if definition else [])

    def problem(self, value: Value, message: str) -> None:
        """Note what is wrong with a value."""
        with self.left_out():
            raise value.error(message)

    def hint(self, value: Value, message: str) -> None:
        """Note what could be better about a value."""
        self.written.hints.append(str(value.error(message)))

    def items(self, value: Value | None) -> list[tuple[str, Value, Value]]:
        """Names, keys and values; what is given twice counts once, and is a problem."""
        if value is None or value.kind == "null":
            return []
        if not isinstance(value.node, yaml.MappingNode):
            raise value.error("expected indented `name: ...` lines")
        seen: dict[str, tuple[Value, Value]] = {}
        for node in _own_first(value.node):
            key, item = (Value(each, "", value.root) for each in node)
            name = key.text()
            if name not in seen:
                seen[name] = key, item
            else:
                first = seen[name][0].node.start_mark.line + 1
                together = "put everything under one of them"
                self.problem(key, f"'{name}' is given twice, first in line {first}; {together}")
        return [(name, key, item) for name, (key, item) in seen.items()]

    def known(self, value: Value | None, keys: Sequence[str], below: str = "") -> dict[str, Value]:
        """The values of known keys; another is a problem, and left out.

        `below`: the key below which an unknown one belongs that has `data:` below it.
        """
        found: dict[str, Value] = {}
        for name, key, item in self.items(value):
            if name in keys:
                found[name] = item
            else:
                if below and _has_data(item):
                    self.problem(key, f"indent '{name}' so that it stands below `{below}:`")
                    continue
                guess = nearest(name, keys)
                self.problem(key, f"unknown key '{name}'; the nearest valid key is '{guess}'")
        return found

    def text(self, value: Value) -> str:
        """The characters of a value, whatever YAML takes them for."""
        if value.kind.startswith("!"):
            raise value.error(f"{value.kind} is not known here; write down what it stands for")
        text = value.text()
        if value.kind == "null" or not text.strip():
            raise value.error("there is nothing here; expected words, in quotes")
        if value.kind == "bool" and text.lower() not in {"true", "false"}:
            self.hint(value, f'put it in quotes, since YAML reads {text} as yes or no: "{text}"')
        return text

    def one(self, value: Value) -> object:
        """A plain value; words that YAML reads as yes or no are words."""
        text = self.text(value)
        as_words = value.kind in {"bool", "timestamp"} and text.lower() not in {"true", "false"}
        return text if as_words else value.scalar()

    def checked(self, value: Value, what: str, text: str, names: Mapping[str, str]) -> str:
        """A template as it is matched; the file's mistakes in it are a `ConfigError`."""
        try:
            check_template(text)
            spoken = as_spoken(text, names)
            check_template(spoken)
        except TemplateError as error:
            raise value.error(f"{what} cannot be read: {error}") from None
        return spoken


def _has_data(value: Value) -> bool:
    pairs = value.node.value if isinstance(value.node, yaml.MappingNode) else ()
    return any(key.value == "data" for key, _ in pairs)


def _own_first(node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The pairs of a mapping; what `<<` merges comes where nothing of its own is."""
    own = [pair for pair in node.value if not pair[0].tag.endswith(":merge")]
    taken = {key.value for key, _ in own}
    yield from own
    for key, merged in node.value:
        if key.tag.endswith(":merge"):
            parts = merged.value if isinstance(merged, yaml.SequenceNode) else [merged]
            for part in parts:
                if isinstance(part, yaml.MappingNode):
                    pairs = [pair for pair in _own_first(part) if pair[0].value not in taken]
                    taken |= {key.value for key, _ in pairs}
                    yield from pairs
