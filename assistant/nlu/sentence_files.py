"""Files with more sentences, in the format of Home Assistant's `custom_sentences`.

A file has `intents`, and may have `lists` and `expansion_rules`. What is wrong with one is said
with file, line and column, and the file is left out; the others count.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hassil import (
    Alternative,
    Expression,
    Group,
    ListReference,
    RuleReference,
    is_template,
    parse_sentence,
)
from hassil.parse_expression import ParseExpressionError
from hassil.parser import ParseError
from home_assistant_intents import get_intents

from assistant.config.error import ConfigError, nearest
from assistant.config.read import read
from assistant.nlu.grammar import GrammarError, check_sentences
from assistant.nlu.names import Kind

_LOG = logging.getLogger(__name__)
_LANGUAGE = "en"
_KEYS = ("intents", "lists", "expansion_rules", "language", "settings", "skip_words", "responses")


@dataclass(frozen=True, slots=True)
class SentenceFile:
    """A file that was understood."""

    path: Path
    document: Mapping[str, Any]
    sentences: int
    """How many sentence templates it has."""


@dataclass(frozen=True, slots=True)
class SentenceFiles:
    """The files of a folder, and what is wrong with those that are left out."""

    files: tuple[SentenceFile, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def documents(self) -> tuple[Mapping[str, Any], ...]:
        """What the grammar is given."""
        return tuple(file.document for file in self.files)

    @property
    def names(self) -> tuple[str, ...]:
        """The plain values of their lists: names that should be heard right."""
        lists = (values for document in self.documents for values in document["lists"].values())
        listed = (value for values in lists for value in values.get("values", ()))
        texts = (value["in"] if isinstance(value, dict) else value for value in listed)
        return tuple(text for text in map(str, texts) if not is_template(text))


def read_folder(folder: Path | None) -> SentenceFiles:
    """Every `.yaml` file in a folder, or in its `en` folder as Home Assistant has it."""
    if folder is None:
        return SentenceFiles()
    if not folder.is_dir():
        return SentenceFiles(problems=(f"{folder}: there is no such folder of sentences",))
    own = folder / _LANGUAGE
    paths = sorted(path for path in (own if own.is_dir() else folder).glob("*.yaml"))
    files: list[SentenceFile] = []
    problems: list[str] = []
    beside = _names(paths)
    for path in paths:
        try:
            files.append(read_file(path, beside))
        except ConfigError as error:
            _LOG.warning("%s; going on without this file", error)
            problems.append(str(error))
    return SentenceFiles(tuple(files), tuple(problems))


def read_file(path: Path, beside: frozenset[str] = frozenset()) -> SentenceFile:
    """One file; raises `ConfigError` with the place of what is wrong.

    `beside` are names of lists and rules (`{list}`, `<rule>`) that other files bring.
    """
    root = read(path)
    document = _document(root)
    known = _known() | beside | _defined(document)
    count = 0
    for sentence in _sentences(root):
        _check(sentence, sentence.value, known, "sentence")
        count += 1
    for name, node in _items(_child(root, "expansion_rules")):
        _check(node, str(node.value), known, f"rule '{name}'")
    try:
        check_sentences(document)
    except GrammarError as error:
        raise ConfigError(str(error), file=str(path)) from None
    return SentenceFile(path, document, count)


def _document(root: yaml.Node) -> dict[str, Any]:
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError.at(root.start_mark, "expected `intents:` with sentences below")
    for key, _ in root.value:
        if key.value not in _KEYS:
            guess = nearest(str(key.value), _KEYS)
            raise ConfigError.at(
                key.start_mark, f"unknown key '{key.value}'; the nearest valid key is '{guess}'"
            )
    try:
        document: dict[str, Any] = yaml.SafeLoader("").construct_document(root)
    except yaml.MarkedYAMLError as error:
        message = str(error.problem)
        raise ConfigError.at(error.problem_mark or root.start_mark, message) from None
    return {"lists": {}} | {key: value for key, value in document.items() if value is not None}


def _sentences(root: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """The sentences of all intents, the shape around them checked."""
    for name, intent in _items(_child(root, "intents")):
        data = _child(intent, "data")
        if not isinstance(data, yaml.SequenceNode):
            raise ConfigError.at(intent.start_mark, f"intent '{name}' needs `data:` with a list")
        for block in data.value:
            sentences = _child(block, "sentences")
            if not isinstance(sentences, yaml.SequenceNode):
                message = f"intent '{name}' needs `sentences:` with a list here"
                raise ConfigError.at(block.start_mark, message)
            for sentence in sentences.value:
                if not isinstance(sentence, yaml.ScalarNode) or not sentence.value.strip():
                    message = "expected a sentence; put it in quotes"
                    raise ConfigError.at(sentence.start_mark, message)
                yield sentence


def _child(node: yaml.Node, name: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == name), None)
    return None


def _items(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        return [(str(key.value), value) for key, value in node.value]
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return []
    raise ConfigError.at(node.start_mark, "expected indented `name: ...` lines")


def _check(node: yaml.Node, text: str, known: frozenset[str], what: str) -> None:
    try:
        expression = parse_sentence(text).expression
    except (ParseError, ParseExpressionError, AssertionError, ValueError) as error:
        message = f"this {what} cannot be read: {error}"
        raise ConfigError.at(node.start_mark, message) from None
    for reference in _references(expression):
        if reference not in known:
            kind = "list" if reference.startswith("{") else "rule"
            guess = nearest(reference, [name for name in known if name[0] == reference[0]])
            message = f"there is no {kind} {reference}; the nearest is {guess}"
            raise ConfigError.at(node.start_mark, message)


def _references(expression: Expression) -> Iterator[str]:
    if isinstance(expression, ListReference):
        if expression.list_name[:1].isalpha():
            yield f"{{{expression.list_name}}}"
    elif isinstance(expression, RuleReference):
        yield f"<{expression.rule_name}>"
    elif isinstance(expression, Alternative | Group):
        for item in expression.items:
            yield from _references(item)


def _names(paths: Sequence[Path]) -> frozenset[str]:
    """Lists and rules that files define, as far as they can be read."""
    names: set[str] = set()
    for path in paths:
        try:
            names |= _defined(_document(read(path)))
        except ConfigError:
            continue  # said when the file itself is read
    return frozenset(names)


def _defined(document: Mapping[str, Any]) -> frozenset[str]:
    lists, rules = document.get("lists", {}), document.get("expansion_rules", {})
    return frozenset([f"{{{name}}}" for name in lists] + [f"<{name}>" for name in rules])


@cache
def _known() -> frozenset[str]:
    """Lists and rules that are always there."""
    return _defined(get_intents(_LANGUAGE) or {}) | {f"{{{kind}}}" for kind in Kind}
