"""A file of sentences as it is written, part by part, and what is wrong with each part.

A part with a mistake is left out and said with line and column, as a problem; the others count.
What counts, but probably not as it was meant, is a hint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from assistant.config.error import ConfigError
from assistant.config.read import read
from assistant.config.value import Value
from assistant.nlu.response import unusable
from assistant.nlu.sentence_definitions import DefinitionReader
from assistant.nlu.sentence_parts import FilePart, ParsedFile, PartReader
from assistant.nlu.template_text import (
    divides_whole,
    may_be_empty,
    references,
)
from assistant.nlu.tokens import split_words

LANGUAGE = "en"
SOURCE_SENTENCE, SOURCE_FILE, SOURCE_LINE = "sentence", "file", "line"
_KEYS = ("intents", "lists", "expansion_rules", "language", "settings", "skip_words", "responses")
_BLOCK_KEYS = (
    "sentences",
    "slots",
    "response",
    "requires_context",
    "excludes_context",
    "required_keywords",
    "expansion_rules",
    "lists",
    "metadata",
    "settings",
)
_TEXTS = ("name", "area", "floor", "contact", "item", "message", "search_query")
"""Slots whose values are words, even if they look like numbers."""
_LOWER = ("domain", "device_class", "color")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def parse_file(path: Path) -> ParsedFile:
    """Read a file; raises `ConfigError` where nothing of it can be used."""
    if not path.exists():
        raise ConfigError("this is a link to nothing; delete it", file=str(path))
    root = Value(_node(path), "", path.parent)
    written = ParsedFile(path)
    try:
        _Reader(PartReader(written)).document(root)
    except RecursionError:
        raise ConfigError("a part of it contains itself (`&` and `*`)", file=str(path)) from None
    return written


def _node(path: Path) -> yaml.Node:
    try:
        return read(path)
    except ConfigError as error:
        if "YAML" not in str(error) or "tabs" in str(error):
            raise
        what_to_do = "put sentences in quotes, close all quotes, and indent alike what is alike"
        raise ConfigError(f"{error}; {what_to_do}") from None


class _Reader:
    """Reads one file, part by part."""

    def __init__(self, parts: PartReader) -> None:
        self._parts = parts
        self._definitions = DefinitionReader(parts)

    # The document

    def document(self, root: Value) -> None:
        if not isinstance(root.node, yaml.MappingNode):
            raise root.error("expected `intents:` with sentences below")
        keys = self._parts.known(root, _KEYS, below="intents")
        if "language" in keys and not self._is_ours(keys["language"]):
            return
        if not keys.keys() - {"language", "settings"}:
            self._parts.hint(root, "it has no sentences yet; write `intents:` with sentences below")
        for key, read_part in (
            ("lists", self._definitions.lists),
            ("expansion_rules", self._definitions.rules),
            ("responses", self._responses),
            ("skip_words", self._skip_words),
            ("intents", self._intents),
            ("settings", self._settings),
        ):
            with self._parts.left_out():
                if key in keys:
                    read_part(keys[key])

    def _is_ours(self, value: Value) -> bool:
        language = value.text()
        if value.kind == "str" and language.casefold().split("-")[0].split("_")[0] == LANGUAGE:
            return True
        if value.kind == "bool":
            self._parts.hint(value, f'put the language in quotes: "{language}"')
        told = f"it is for the language '{language}', and Hearth understands English"
        self._parts.hint(value, f"{told}; its sentences do not count (English has `language: en`)")
        return False

    def _settings(self, value: Value) -> None:
        for name, key, _ in self._parts.items(value):
            self._parts.hint(key, f"the setting '{name}' is not used; take it out")

    def _skip_words(self, value: Value) -> None:
        for item in value.sequence():
            words = split_words(self._parts.text(item))
            if not words:
                self._parts.problem(item, "expected a word, or several")
            self._parts.written.skip_words.append(" ".join(words))

    # Responses

    def _responses(self, value: Value) -> None:
        keys = self._parts.known(value, ("intents", "errors"))
        if "errors" in keys:
            self._parts.hint(
                keys["errors"], "Hearth has its own words for errors; these are not used"
            )
        for intent, _, texts in self._parts.items(keys.get("intents")):
            with self._parts.left_out():
                for key, _, text in self._parts.items(texts):
                    self._response(intent, key, text)

    def _response(self, intent: str, key: str, value: Value) -> None:
        text = " ".join(self._parts.text(value).split())
        if unusable(text):
            only = "of Jinja, Hearth knows only {{ slots.NAME }}"
            self._parts.hint(value, f"{only}; it answers '{intent}' in its own words")
        else:
            self._parts.written.responses.setdefault(intent, {})[key] = text

    # Intents

    def _intents(self, value: Value) -> None:
        for intent, _, item in self._parts.items(value):
            with self._parts.left_out():
                self._intent(intent, item)

    def _intent(self, intent: str, value: Value) -> None:
        lacks = f"intent '{intent}' needs `data:` with a list of `- sentences: [...]`"
        if not isinstance(value.node, yaml.MappingNode):
            raise value.error(lacks)
        data = self._parts.known(value, ("data",)).get("data")
        if data is None or not isinstance(data.node, yaml.SequenceNode):
            raise (data or value).error(lacks)
        for block in data.sequence():
            with self._parts.left_out():
                self._block(intent, block)

    def _block(self, intent: str, value: Value) -> None:
        lacks = f"intent '{intent}' needs `sentences:` with a list here"
        if not isinstance(value.node, yaml.MappingNode):
            raise value.error(lacks)
        keys = self._parts.known(value, _BLOCK_KEYS)
        sentences = keys.get("sentences")
        if sentences is None or not isinstance(sentences.node, yaml.SequenceNode):
            raise (sentences or value).error(lacks)
        names = self._local_names(keys, value.node.start_mark.line + 1)
        self._definitions.lists(keys["lists"], names) if "lists" in keys else None
        self._definitions.rules(
            keys["expansion_rules"], names
        ) if "expansion_rules" in keys else None
        if "settings" in keys:
            self._settings(keys["settings"])
        block = self._shared(keys)
        for sentence in sentences.sequence():
            with self._parts.left_out():
                self._sentence(intent, sentence, block, names)

    def _local_names(self, keys: Mapping[str, Value], line: int) -> dict[str, str]:
        """For the lists and rules beside some sentences, names that no other file has."""
        unique = f".{line}.{'-'.join(split_words(self._parts.written.path.stem))}"
        lists = (name for name, _, _ in self._parts.items(keys.get("lists")))
        rules = (name for name, _, _ in self._parts.items(keys.get("expansion_rules")))
        found = {f"{{{name}}}": f"{{{name}{unique}}}" for name in lists}
        return found | {f"<{name}>": f"<{name}{unique}>" for name in rules}

    def _shared(self, keys: Mapping[str, Value]) -> dict[str, Any]:
        """What the sentences of a block have in common, as hassil has it."""
        shared: dict[str, Any] = {}
        if "slots" in keys:
            slots = self._parts.items(keys["slots"])
            shared["slots"] = {name: self._slot(name, value) for name, _, value in slots}
        for key in ("requires_context", "excludes_context"):
            if key in keys:
                contexts = self._parts.items(keys[key])
                shared[key] = {name: self._context(value) for name, _, value in contexts}
        if "required_keywords" in keys:
            words = (self._parts.text(item) for item in keys["required_keywords"].sequence())
            shared["required_keywords"] = [word for text in words for word in split_words(text)]
        if "response" in keys:
            shared["response"] = self._parts.text(keys["response"])
        return shared

    def _slot(self, name: str, value: Value) -> object:
        if not isinstance(value.node, yaml.ScalarNode):
            raise value.error(f"slot '{name}' can have one value; write a block for each")
        if name in _TEXTS:
            return self._parts.text(value)
        found = self._parts.one(value)
        if isinstance(found, str) and name in _LOWER:
            return found.lower()
        if isinstance(found, str) and _NUMBER.fullmatch(found):
            return float(found) if "." in found else int(found)
        return found

    def _context(self, value: Value) -> object:
        if isinstance(value.node, yaml.ScalarNode):
            return self._parts.one(value)
        if isinstance(value.node, yaml.SequenceNode):
            return [self._parts.one(item) for item in value.sequence()]
        keys = self._parts.known(value, ("value", "slot"))
        if not keys:
            raise value.error("expected a value, a list of values, or `{slot: true}`")
        found: dict[str, Any] = {}
        if "value" in keys:
            found["value"] = self._context(keys["value"])
        if "slot" in keys:
            found["slot"] = keys["slot"].scalar()
        return found

    def _sentence(
        self, intent: str, value: Value, block: Mapping[str, Any], names: Mapping[str, str]
    ) -> None:
        if not isinstance(value.node, yaml.ScalarNode):
            raise value.error("expected a sentence; put it in quotes")
        text = self._parts.text(value)
        spoken = self._parts.checked(value, "this sentence", text, names)
        if may_be_empty(spoken):
            raise value.error("this sentence would fit whatever is said: all of it is optional")
        if divides_whole(text):
            self._parts.hint(
                value, "`|` divides the whole sentence; put ( ) around what it is to divide"
            )
        source = {
            SOURCE_SENTENCE: text,
            SOURCE_FILE: str(self._parts.written.path),
            SOURCE_LINE: value.node.start_mark.line + 1,
        }
        part = FilePart(
            intent,
            spoken,
            value.node.start_mark,
            tuple(dict.fromkeys(references(spoken))),
            {**block, "metadata": source},
        )
        self._parts.written.sentences.append(part)
