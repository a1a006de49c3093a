"""Files with more sentences, in the format of Home Assistant's `custom_sentences`.

A file has `intents`, and may have `lists`, `expansion_rules`, `responses` and `skip_words`. What is
wrong in one is said with file, line and column and left out; all else counts. While Hearth runs, a
file that was right and has a mistake now counts as it was.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.config.error import ConfigError
from assistant.config.reload import FileReloader, version_of
from assistant.nlu.grammar import GrammarError, check_sentences
from assistant.nlu.sentence_document import LANGUAGE, parse_file
from assistant.nlu.sentence_links import Links
from assistant.nlu.sentence_parts import ParsedFile

_LOG = logging.getLogger(__name__)
_ENDINGS = (".yaml", ".yml")
_NO_FOLDER = "there is no such folder of sentences"


@dataclass(frozen=True, slots=True)
class SentenceFile:
    """A file, of which what is right counts."""

    path: Path
    document: Mapping[str, Any]
    written: ParsedFile
    problems: tuple[str, ...] = ()
    """What is left out of it, and why."""
    hints: tuple[str, ...] = ()
    """What counts, but probably not as it was meant."""

    @property
    def sentences(self) -> int:
        """How many sentence templates it has."""
        return count_sentences(self.document)


@dataclass(frozen=True, slots=True)
class SentenceFiles:
    """The files of a folder, and what is wrong with them or could be better."""

    files: tuple[SentenceFile, ...] = ()
    problems: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def documents(self) -> tuple[Mapping[str, Any], ...]:
        """What the grammar is given."""
        return tuple(file.document for file in self.files)

    @property
    def names(self) -> tuple[str, ...]:
        """The plain values of their lists: names that should be heard right."""
        return tuple(name for file in self.files for name in file.written.names)


def count_sentences(document: Mapping[str, Any]) -> int:
    """How many sentence templates a document has."""
    blocks = (block for intent in document.get("intents", {}).values() for block in intent["data"])
    return sum(len(block["sentences"]) for block in blocks)


class SentenceFolder:
    """The sentences in a folder, as they are now: files may be saved, added and removed."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._files = FileReloader(lambda: _version(folder), self._read)

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
    """Every `.yaml` and `.yml` file below a folder, or below its `en` as Home Assistant has it.

    `before`: what there was; a file that was right and is not now counts as it was then.
    """
    if folder is None:
        return SentenceFiles()
    before = before or SentenceFiles()
    if not folder.is_dir():
        what = "this is a file; name the folder it is in" if folder.exists() else _NO_FOLDER
        problem = f"{folder}: {what}"
        _LOG.warning("%s%s", problem, "; the sentences stay as they were" if before.files else "")
        return replace(before, problems=(problem,))
    reading = _Reading(before)
    for path in _paths(folder):
        reading.add(path)
    for path in _passed_over(folder):
        reading.hints.append(f"{path}: it does not count; move it into {folder / LANGUAGE}")
    return reading.finish()


class _Reading:
    """Some files that are to count together."""

    def __init__(self, before: SentenceFiles) -> None:
        self._before = {file.path: file.written for file in before.files}
        self._files: dict[Path, ParsedFile] = {}
        self._problems: list[str] = []
        self.hints: list[str] = []

    def add(self, path: Path) -> None:
        """A file, by itself."""
        try:
            self._files[path] = parse_file(path)
        except ConfigError as error:
            self._instead(path, [str(error)])

    def finish(self) -> SentenceFiles:
        """All of them, without what cannot be used beside the others."""
        files = self._linked()
        while spoilt := [file for file in files if file.problems and self._was_right(file)]:
            for file in spoilt:
                self._instead(file.path, file.problems)
            files = self._linked()
        for file in files:
            self._say(file.problems, "going on without it")
            self._say(file.hints)
        self._problems += [problem for file in files for problem in file.problems]
        counting = self._checked([file for file in files if any(file.document.values())])
        hints = [*self.hints, *(hint for file in files for hint in file.hints)]
        return SentenceFiles(tuple(counting), tuple(self._problems), tuple(hints))

    def _linked(self) -> list[SentenceFile]:
        written = [self._files[path] for path in sorted(self._files)]
        links = Links(written)
        return [_linked(each, links) for each in written]

    def _was_right(self, file: SentenceFile) -> bool:
        before = self._before.get(file.path)
        return before is not None and not before.problems and before is not file.written

    def _instead(self, path: Path, problems: Sequence[str]) -> None:
        """Take a file as it was before, if it was there; else none."""
        self._files.pop(path, None)
        before = self._before.get(path)
        if before is not None:
            self._files[path] = before
        self._say(problems, "what it had before stays" if before else "going on without this file")
        self._problems += problems

    def _checked(self, files: list[SentenceFile]) -> list[SentenceFile]:
        """Those that the grammar takes: all, unless hassil finds another fault."""
        if not _objection(files):
            return files
        objections = {file.path: _objection([file]) for file in files}
        problems = [f"{path}: {objection}" for path, objection in objections.items() if objection]
        self._say(problems, "going on without this file")
        self._problems += problems
        return [file for file in files if not objections[file.path]]

    def _say(self, messages: Sequence[str], consequence: str = "") -> None:
        for message in messages:
            _LOG.warning("%s", f"{message}; {consequence}" if consequence else message)


def _linked(written: ParsedFile, links: Links) -> SentenceFile:
    document, problems, hints = links.document(written)
    return SentenceFile(
        written.path,
        document,
        written,
        tuple(dict.fromkeys([*written.problems, *problems])),
        tuple(dict.fromkeys([*written.hints, *hints])),
    )


def _objection(files: Sequence[SentenceFile]) -> str:
    """What the grammar has against files whose mistakes have been left out."""
    try:
        check_sentences([file.document for file in files])
    except GrammarError as error:
        return str(error)
    return ""


def _paths(folder: Path) -> list[Path]:
    own = folder / LANGUAGE
    return sorted(_below(own if own.is_dir() else folder))


def _below(folder: Path) -> Iterator[Path]:
    """The files of sentences in a folder and those in it.

    Not those of plugins, which have theirs to themselves, and no hidden ones (editors' locks).
    """
    for where, folders, names in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and not Path(where, name, "manifest.yaml").is_file()
        ]
        for name in names:
            if name.lower().endswith(_ENDINGS) and not name.startswith("."):
                yield Path(where, name)


def _passed_over(folder: Path) -> list[Path]:
    """Files beside a folder `en`, where Home Assistant does not look either."""
    if not (folder / LANGUAGE).is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)


def _version(folder: Path | None) -> object:
    """What changes with a folder's files."""
    if folder is None or not folder.is_dir():
        return None
    return [(path, version_of(path)) for path in _paths(folder)]


def read_file(path: Path) -> SentenceFile:
    """One file that stands alone; raises `ConfigError` with the place of what is wrong."""
    written = parse_file(path)
    file = _linked(written, Links([written]))
    for problem in file.problems:
        raise ConfigError(problem)
    if problem := _objection([file]):
        raise ConfigError(problem, file=str(path))
    return file
