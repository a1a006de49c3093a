"""The lists and expansion rules of a file of sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from hassil import is_template

from assistant.config.value import Value
from assistant.nlu.names import NameKind
from assistant.nlu.sentence_parts import FilePart, PartReader
from assistant.nlu.template_text import references

_LIST_KEYS = ("values", "range", "wildcard", "metadata")
_VALUE_KEYS = ("in", "out", "context", "metadata")
_RANGE_KEYS = ("from", "to", "step", "type", "multiplier", "fractions", "digits", "words")
_RANGE_TYPES = ("number", "percentage", "temperature")
_FRACTIONS = ("halves", "tenths")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class DefinitionReader:
    """Reads what sentences can refer to, and adds it to the file's parts.

    `names`: other names for what stands beside some sentences and counts for them alone.
    """

    def __init__(self, parts: PartReader) -> None:
        self._parts = parts

    def lists(self, value: Value, names: Mapping[str, str] | None = None) -> None:
        """What stands below `lists:`."""
        for name, key, item in self._parts.items(value):
            reference = (names or {}).get(f"{{{name}}}", f"{{{name}}}")
            with self._parts.left_out(reference):
                if name in set(NameKind):
                    what = f"{{{name}}} always stands for the names of this home"
                    raise key.error(f"{what}; give your list another name")
                self._define(reference, self._list(name, item), key)

    def _define(self, name: str, value: object, key: Value, needs: Sequence[str] = ()) -> None:
        part = FilePart(name, value, key.node.start_mark, tuple(needs))
        self._parts.written.definitions.append(part)

    def _list(self, name: str, value: Value) -> dict[str, Any]:
        if not isinstance(value.node, yaml.MappingNode):
            kinds = "`values: [...]`, `range: {from: 1, to: 10}` or `wildcard: true`"
            raise value.error(f"list '{name}' needs one of {kinds} below it")
        keys = self._parts.known(value, _LIST_KEYS)
        if len(keys.keys() & {"values", "range", "wildcard"}) != 1:
            raise value.error(f"list '{name}' needs just one of `values:`, `range:`, `wildcard:`")
        if "range" in keys:
            return {"range": self._range(name, keys["range"])}
        if "values" in keys:
            return {"values": self._values(name, keys["values"])}
        if keys["wildcard"].text() != "true":
            raise keys["wildcard"].error("`wildcard:` can only be true; else leave the list out")
        return {"wildcard": True}

    def _values(self, name: str, value: Value) -> list[dict[str, Any]]:
        if not isinstance(value.node, yaml.SequenceNode) or not value.node.value:
            raise value.error(f"list '{name}' needs `values:` with a list, such as [one, two]")
        found: list[dict[str, Any]] = []
        for item in value.sequence():
            with self._parts.left_out():
                found.append(self._value(item))
        if not found:
            raise value.error(f"list '{name}' has no value that can be used")
        return found

    def _value(self, item: Value) -> dict[str, Any]:
        if isinstance(item.node, yaml.SequenceNode):
            raise item.error("expected words, or `{in: ..., out: ...}`; put it in quotes")
        if not isinstance(item.node, yaml.MappingNode):
            text = self._parts.text(item)
            out = {} if is_template(text) else {"out": text}
            return {"in": self._template(item, "value", text)} | out
        keys = self._parts.known(item, _VALUE_KEYS)
        if "in" not in keys:
            raise item.error("`in: ...`, the words that are said, is missing")
        found: dict[str, Any] = {
            "in": self._template(keys["in"], "value", self._parts.text(keys["in"]))
        }
        if "out" in keys:
            found["out"] = self._parts.one(keys["out"])
        if "context" in keys:
            found["context"] = {
                key: self._parts.one(each) for key, _, each in self._parts.items(keys["context"])
            }
        return found

    def _template(self, value: Value, what: str, text: str) -> str:
        """Words of a list, which can have brackets but no references."""
        spoken = self._parts.checked(value, f"this {what}", text, {})
        if any(references(spoken)):
            raise value.error("a list's values cannot refer to lists or rules")
        if not is_template(text):
            self._parts.written.names.append(text)
        return spoken

    def _range(self, name: str, value: Value) -> dict[str, Any]:
        keys = self._parts.known(value, _RANGE_KEYS)
        found: dict[str, Any] = {}
        for key in ("from", "to"):
            if key not in keys:
                raise value.error(f"`{key}: ...` is missing in the range of list '{name}'")
        for key in ("from", "to", "step"):
            if key in keys:
                found[key] = _number(keys[key], whole=True)
        if found["from"] > found["to"]:
            raise keys["from"].error(f"the range of list '{name}' ends before it begins")
        if found.get("step", 1) < 1:
            raise keys["step"].error("the step must be 1 or more")
        if "multiplier" in keys:
            found["multiplier"] = _number(keys["multiplier"])
        for key, valid in (("type", _RANGE_TYPES), ("fractions", _FRACTIONS)):
            if key in keys:
                found[key] = _one_of(keys[key], valid)
        return found

    def rules(self, value: Value, names: Mapping[str, str] | None = None) -> None:
        """What stands below `expansion_rules:`."""
        for name, _, item in self._parts.items(value):
            reference = (names or {}).get(f"<{name}>", f"<{name}>")
            with self._parts.left_out(reference):
                spoken = self._parts.checked(
                    item, f"this rule '{name}'", self._parts.text(item), names or {}
                )
                self._define(reference, spoken, item, tuple(references(spoken)))


def _number(value: Value, *, whole: bool = False) -> float:
    text = value.text()
    if not _NUMBER.fullmatch(text) or (whole and "." in text):
        kind = "whole number" if whole else "number"
        raise value.error(f"expected a {kind}, not '{text}'")
    return int(text) if whole else float(text)


def _one_of(value: Value, valid: Sequence[str]) -> str:
    text = value.text()
    if text not in valid:
        raise value.error(f"expected one of {', '.join(valid)}, not '{text}'")
    return text
