"""Sentences and the lists and rules that they refer to, which may stand in other files.

What needs something that is not there, or needs itself, is left out and said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import takewhile
from typing import Any

from home_assistant_intents import get_intents

from assistant.config.error import ConfigError, nearest
from assistant.nlu.names import NameKind
from assistant.nlu.sentence_document import LANGUAGE
from assistant.nlu.sentence_parts import FilePart, ParsedFile
from assistant.nlu.template_text import may_be_empty, references

_CONTEXT = frozenset({"domain", "area"})
"""What is known of a sentence when it is matched: of a device, and where the assistant stands."""
_LIST = re.compile(r"\{([^{}:]+)(?::[^{}]*)?\}")
_NEIGHBOURS = re.compile(r"\{([^{}:]+)[^{}]*\}\s*\{([^{}:]+)[^{}]*\}")


class Links:
    """What the files' parts are to each other."""

    def __init__(self, files: Sequence[ParsedFile]) -> None:
        self._files = files
        self._problems: dict[int, list[str]] = {id(file): [] for file in files}
        self._parts = {id(file): list(file.definitions) for file in files}
        self._broken = {name for file in files for name in file.broken}
        for file in files:
            self._without_circles(file)
        while self._without_lacking():
            pass
        self._known = self._names()
        lists = [part.value for part in self._each() if part.name.startswith("{")]
        values = (value for each in lists for value in each.get("values", ()))
        self._first: dict[str, FilePart] = {}
        for sentence in (each for file in files for each in file.sentences):
            self._first.setdefault(sentence.value, sentence)
        self._context = _CONTEXT.union(*(value.get("context", {}) for value in values))
        own = {_plain(part.name) for part in self._each() if _is_wildcard(part.value)}
        self._wildcards = own | _wildcards()

    def document(self, file: ParsedFile) -> tuple[dict[str, Any], list[str], list[str]]:
        """What of a file can be used, as hassil has it; its problems, and its hints."""
        problems, hints = list(self._problems[id(file)]), list(self._overriding(file))
        intents: dict[str, Any] = {}
        for sentence in file.sentences:
            if problem := self._lacks(sentence) or self._takes_all(sentence):
                problems.append(problem)
                continue
            block = {**sentence.block, "sentences": [sentence.value]}
            intents.setdefault(sentence.name, {"data": []})["data"].append(block)
            hints += self._doubts(sentence)
        parts = self._parts[id(file)]
        document = {
            "intents": intents,
            "lists": {part.name[1:-1]: part.value for part in parts if part.name[0] == "{"},
            "expansion_rules": {
                part.name[1:-1]: part.value for part in parts if part.name[0] == "<"
            },
            "skip_words": file.skip_words,
            "responses": file.responses,
        }
        return document, problems, hints

    def _each(self) -> Iterator[FilePart]:
        return (part for parts in self._parts.values() for part in parts)

    def _names(self) -> frozenset[str]:
        return _given() | {part.name for part in self._each()}

    # What cannot be used

    def _drop(self, file: ParsedFile, part: FilePart, problem: str) -> None:
        self._parts[id(file)].remove(part)
        self._broken.add(part.name)
        self._problems[id(file)].append(problem)

    def _without_circles(self, file: ParsedFile) -> None:
        for part in file.definitions:
            circle = self._circle(part.name)
            if circle and part in self._parts[id(file)]:
                shown = " needs ".join(map(_shown, circle))
                self._drop(file, part, _at(part, f"this rule needs itself: {shown}"))

    def _circle(self, name: str) -> list[str]:
        """The rules from `name` on that need each other until `name` comes again, if it does."""
        rules = {part.name: part.needs for part in self._each()}
        paths, seen = [[name]], set[str]()
        while paths:
            path = paths.pop()
            for need in rules[path[-1]] if path[-1] in rules else _needs(path[-1]):
                if need == name:
                    return [*path, need]
                if need[0] == "<" and need not in seen:
                    seen.add(need)
                    paths.append([*path, need])
        return []

    def _without_lacking(self) -> bool:
        """Leave out definitions that need what is not there; whether there were any."""
        self._known = self._names()
        lacking = [
            (file, part, problem)
            for file in self._files
            for part in self._parts[id(file)]
            if (problem := self._lacks(part))
        ]
        for file, part, problem in lacking:
            self._drop(file, part, problem)
        return bool(lacking)

    def _lacks(self, part: FilePart) -> str:
        """What a part needs and is not there."""
        for need in part.needs:
            if need not in self._known:
                kind = "list" if need[0] == "{" else "rule"
                if need in self._broken:
                    return _at(part, f"it needs the {kind} {_shown(need)}, which cannot be used")
                alike = [_shown(name) for name in self._known if name[0] == need[0]]
                there_is = f"there is no {kind} {_shown(need)}"
                return _at(part, f"{there_is}; the nearest is {nearest(need, alike)}")
        return ""

    def _takes_all(self, sentence: FilePart) -> str:
        """Whether a sentence would fit whatever is said."""
        if not any(_plain(need) in self._wildcards for need in sentence.needs):
            return ""
        free = _LIST.sub(
            lambda found: "[x]" if _plain(found[1]) in self._wildcards else found[0], sentence.value
        )
        if not may_be_empty(free):
            return ""
        return _at(sentence, "this sentence would fit whatever is said; put words beside the list")

    # What can be used but is probably not meant so

    def _overriding(self, file: ParsedFile) -> Iterator[str]:
        for part in self._parts[id(file)]:
            given = _values().get(part.name)
            if given is not None and given != part.value:
                kind = "list" if part.name[0] == "{" else "rule"
                other = "; give it another name if only yours are meant"
                changes = f"this changes Home Assistant's {kind} {part.name} for all sentences"
                yield _at(part, changes + other)
            for earlier in takewhile(lambda each: each is not file, self._files):
                if part.name[0] == "<" and any(
                    each.name == part.name and each.value != part.value
                    for each in self._parts[id(earlier)]
                ):
                    there = f"{earlier.path} has a rule {part.name} too"
                    yield _at(part, f"{there}; this one counts, for all sentences")

    def _doubts(self, sentence: FilePart) -> Iterator[str]:
        block = sentence.block
        for key in block.get("requires_context", {}):
            if key not in self._context:
                known = ", ".join(sorted(self._context))
                yield _at(
                    sentence,
                    f"nothing here gives the context '{key}', so this is never understood; "
                    f"there is {known}",
                )
            elif key == "domain" and not _may_name(sentence):
                yield _at(
                    sentence,
                    "the context 'domain' is that of {name}, which this sentence has not; "
                    "so it is never understood",
                )
        first = self._first[sentence.value]
        if _when(first) == _when(sentence) and _meaning(first) != _meaning(sentence):
            where = f"{first.mark.name}, line {first.mark.line + 1}"
            yield _at(sentence, f"the same sentence is in {where}, with another meaning")
        for one, other in _NEIGHBOURS.findall(sentence.value):
            if {_plain(one), _plain(other)} <= self._wildcards:
                where = f"where {{{_plain(one)}}} ends and {{{_plain(other)}}} begins"
                yield _at(sentence, f"nothing tells {where}; put a word between them")
        key, intent = block.get("response"), sentence.name
        written = any(key in each.responses.get(intent, {}) for each in self._files)
        if key and not written and key not in _responses(intent):
            yield _at(sentence, f"there is no response '{key}' for {intent} in your files")


def _at(part: FilePart, message: str) -> str:
    return str(ConfigError.at(part.mark, message))


def _meaning(sentence: FilePart) -> list[Any]:
    return [sentence.name, *map(sentence.block.get, ("slots", "response"))]


def _when(sentence: FilePart) -> list[Any]:
    return [*map(sentence.block.get, ("requires_context", "excludes_context"))]


def _plain(name: str) -> str:
    """The name of a list or rule as its file has it: what is beside sentences has more to it."""
    return name.strip("{}<>").split(".")[0]


def _shown(reference: str) -> str:
    return f"{reference[0]}{_plain(reference)}{reference[-1]}"


def _is_wildcard(value: object) -> bool:
    return isinstance(value, Mapping) and bool(value.get("wildcard"))


def _may_name(sentence: FilePart) -> bool:
    return any(need == "{name}" or need[0] == "<" for need in sentence.needs)


@cache
def _templates() -> Mapping[str, Any]:
    """Home Assistant's."""
    return get_intents(LANGUAGE) or {}


@cache
def _values() -> Mapping[str, Any]:
    """Home Assistant's lists and rules."""
    lists = {f"{{{name}}}": value for name, value in _templates()["lists"].items()}
    return lists | {f"<{name}>": text for name, text in _templates()["expansion_rules"].items()}


@cache
def _given() -> frozenset[str]:
    """Lists and rules that are always there."""
    return frozenset(_values()) | {f"{{{kind}}}" for kind in NameKind}


@cache
def _wildcards() -> frozenset[str]:
    return frozenset(_plain(name) for name, value in _values().items() if _is_wildcard(value))


def _needs(rule: str) -> Iterable[str]:
    """What a rule of Home Assistant's needs."""
    text = _values().get(rule)
    return references(text) if isinstance(text, str) else ()


def _responses(intent: str) -> Iterable[str]:
    """The keys of Home Assistant's own responses, which Hearth has its own words for."""
    return tuple(_templates().get("responses", {}).get("intents", {}).get(intent, {}))
