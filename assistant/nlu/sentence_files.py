"""Files with more sentences, in the format of Home Assistant's `custom_sentences`.

A file has `intents`, and may have `lists` and `expansion_rules`. What is wrong with one is said
with file, line and column, and what it had when it was last right counts, if it ever was; the
others count anyway.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from home_assistant_intents import get_intents

from assistant.config.error import ConfigError, nearest
from assistant.config.read import read
from assistant.nlu.grammar import GrammarError, check_sentences
from assistant.nlu.names import Kind
from assistant.reread import Reread, version_of

_LOG = logging.getLogger(__name__)
_LANGUAGE = "en"
_DEFINING = ("lists", "expansion_rules")
_BLOCK_KEYS = ("slots", "requires_context", "excludes_context")
_KEYS = ("intents", "lists", "expansion_rules", "language", "settings", "skip_words", "responses")


@dataclass(frozen=True, slots=True)
class SentenceFile:
    """A file that was understood."""

    path: Path
    document: Mapping[str, Any]
    needs: Mapping[str, yaml.Mark] = field(default_factory=dict)
    """The lists and rules (`{list}`, `<rule>`) that it refers to, and where first."""

    @property
    def sentences(self) -> int:
        """How many sentence templates it has."""
        return count_sentences(self.document)


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


def count_sentences(document: Mapping[str, Any]) -> int:
    """How many sentence templates a document has."""
    blocks = (block for intent in document.get("intents", {}).values() for block in intent["data"])
    return sum(len(block["sentences"]) for block in blocks)


class SentenceFolder:
    """The sentences in a folder, as they are now: files may be saved, added and removed."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._files = Reread(lambda: _version(folder), self._read)

    def now(self) -> SentenceFiles:
        """Those that count now; cheap while nothing changes."""
        return self._files.get()

    def _read(self, before: SentenceFiles | None) -> SentenceFiles:
        found = read_folder(self._folder, before)
        if before is not None:
            count = sum(file.sentences for file in found.files)
            _LOG.info("your sentences have changed: %d in %d files", count, len(found.files))
        return found


def read_folder(folder: Path | None, before: SentenceFiles | None = None) -> SentenceFiles:
    """Every `.yaml` file in a folder, or in its `en` folder as Home Assistant has it.

    `before`: what there was; a file that is wrong now counts as it was then.
    """
    if folder is None:
        return SentenceFiles()
    before = before or SentenceFiles()
    if not folder.is_dir():
        problem = f"{folder}: there is no such folder of sentences"
        _LOG.warning("%s%s", problem, "; the sentences stay as they were" if before.files else "")
        return replace(before, problems=(problem,))
    reading = _Reading(before)
    for path in _paths(folder):
        reading.add(path)
    return reading.finish()


class _Reading:
    """Some files that are to count together."""

    def __init__(self, before: SentenceFiles) -> None:
        self._before = {file.path: file for file in before.files}
        self._files: dict[Path, SentenceFile] = {}
        self._problems: list[str] = []

    def add(self, path: Path) -> None:
        """A file, by itself."""
        try:
            self._files[path] = _parsed(path)
        except ConfigError as error:
            self._instead(path, error)

    def finish(self) -> SentenceFiles:
        """All of them, each right beside the others."""
        while (wrong := self._first_wrong()) is not None:
            self._instead(*wrong)
        files = (self._files[path] for path in sorted(self._files))
        return SentenceFiles(tuple(files), tuple(self._problems))

    def _first_wrong(self) -> tuple[Path, ConfigError] | None:
        for path, file in self._files.items():
            try:
                _check_beside(file, [each for each in self._files.values() if each is not file])
            except ConfigError as error:
                return path, error
        return None

    def _instead(self, path: Path, error: ConfigError) -> None:
        """Take the file as it was before, if it was there and is not what is wrong; else none."""
        wrong, before = self._files.pop(path, None), self._before.pop(path, None)
        if before is None or (wrong is not None and wrong.document == before.document):
            _LOG.warning("%s; going on without this file", error)
        else:
            _LOG.warning("%s; what it had before stays", error)
            self._files[path] = before
        self._problems.append(str(error))


def _paths(folder: Path) -> list[Path]:
    own = folder / _LANGUAGE
    files = (own if own.is_dir() else folder).glob("*.yaml")
    return sorted(path for path in files if not path.name.startswith("."))  # an editor's locks


def _version(folder: Path | None) -> object:
    """What changes with a folder's files."""
    if folder is None or not folder.is_dir():
        return None
    return [(path, version_of(path)) for path in _paths(folder)]


def read_file(path: Path) -> SentenceFile:
    """One file that stands alone; raises `ConfigError` with the place of what is wrong."""
    file = _parsed(path)
    _check_beside(file, ())
    return file


def _parsed(path: Path) -> SentenceFile:
    """A file whose shape is right and whose sentences can be read."""
    root = read(path)
    document = _document(root)
    needs: dict[str, yaml.Mark] = {}
    for sentence in _sentences(root):
        _refer(sentence, sentence.value, "sentence", needs)
    for name, node in _items(_child(root, "expansion_rules")):
        _refer(node, str(node.value), f"rule '{name}'", needs)
    return SentenceFile(path, document, needs)


def _check_beside(file: SentenceFile, others: Sequence[SentenceFile]) -> None:
    """Raise `ConfigError` if the file cannot be used with the lists and rules that there are."""
    known = _known().union(*(_defined(each.document) for each in (file, *others)))
    for reference, mark in file.needs.items():
        if reference not in known:
            kind = "list" if reference.startswith("{") else "rule"
            guess = nearest(reference, [name for name in known if name[0] == reference[0]])
            message = f"there is no {kind} {reference}; the nearest is {guess}"
            raise ConfigError.at(mark, message)
    beside = [{key: each.document.get(key, {}) for key in _DEFINING} for each in others]
    try:
        check_sentences(file.document, beside)
    except GrammarError as error:
        raise ConfigError(str(error), file=str(file.path)) from None


def _document(root: yaml.Node) -> dict[str, Any]:
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError.at(root.start_mark, "expected `intents:` with sentences below")
    for key, _ in root.value:
        if key.value not in _KEYS:
            guess = nearest(str(key.value), _KEYS)
            raise ConfigError.at(
                key.start_mark, f"unknown key '{key.value}'; the nearest valid key is '{guess}'"
            )
    for key in _DEFINING:
        _items(_child(root, key))
    try:
        document: dict[str, Any] = yaml.SafeLoader("").construct_document(root)
    except yaml.MarkedYAMLError as error:
        message = str(error.problem)
        raise ConfigError.at(error.problem_mark or root.start_mark, message) from None
    except ValueError as error:  # such as a date of a thirteenth month
        raise ConfigError.at(root.start_mark, f"a value here cannot be read: {error}") from None
    return {"lists": {}} | {key: value for key, value in document.items() if value is not None}


def _sentences(root: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """The sentences of all intents, the shape around them checked."""
    for name, intent in _items(_child(root, "intents")):
        data = _child(intent, "data")
        if not isinstance(data, yaml.SequenceNode):
            raise ConfigError.at(intent.start_mark, f"intent '{name}' needs `data:` with a list")
        for block in data.value:
            for key in _BLOCK_KEYS:
                _items(_child(block, key))
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


def _refer(node: yaml.Node, text: str, what: str, needs: dict[str, yaml.Mark]) -> None:
    """Note the lists and rules that a template refers to."""
    try:
        expression = parse_sentence(text).expression
    except Exception as error:  # noqa: BLE001 - hassil raises what it likes
        message = f"this {what} cannot be read: {error}"
        raise ConfigError.at(node.start_mark, message) from None
    for reference in _references(expression):
        needs.setdefault(reference, node.start_mark)


def _references(expression: Expression) -> Iterator[str]:
    if isinstance(expression, ListReference):
        if expression.list_name[:1].isalpha():
            yield f"{{{expression.list_name}}}"
    elif isinstance(expression, RuleReference):
        yield f"<{expression.rule_name}>"
    elif isinstance(expression, Alternative | Group):
        for item in expression.items:
            yield from _references(item)


def _defined(document: Mapping[str, Any]) -> frozenset[str]:
    lists, rules = document.get("lists", {}), document.get("expansion_rules", {})
    return frozenset([f"{{{name}}}" for name in lists] + [f"<{name}>" for name in rules])


@cache
def _known() -> frozenset[str]:
    """Lists and rules that are always there."""
    return _defined(get_intents(_LANGUAGE) or {}) | {f"{{{kind}}}" for kind in Kind}
