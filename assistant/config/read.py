"""A YAML file as PyYAML nodes; whatever is wrong with the file is a `ConfigError`."""

from __future__ import annotations

from pathlib import Path

import yaml

from assistant.config.error import ConfigError
from assistant.config.shipped import example_settings


def read(path: Path) -> yaml.Node:
    """The root node of a file; an empty file is an empty mapping. Marks carry the path."""
    text = _text(path)
    try:
        loader = yaml.SafeLoader(text)
        loader.name = str(path)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(path, error) from None
    except yaml.reader.ReaderError as error:
        raise _at_character(
            path, text, error.position, "remove this unprintable character"
        ) from None
    except RecursionError:
        raise ConfigError("lists or mappings are nested too deeply", file=str(path)) from None
    return node if node is not None else empty(path)


def empty(path: Path) -> yaml.MappingNode:
    """An empty mapping at the start of a file."""
    mark = yaml.Mark(str(path), 0, 0, 0, "", 0)
    return yaml.MappingNode("tag:yaml.org,2002:map", [], mark, mark)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no such file; copy {example_settings()} to start one", file=str(path)
        ) from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("latin-1")
        message = "this is not UTF-8 text; save the file as UTF-8"
        raise _at_character(path, before, len(before), message) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=str(path)) from None


def _at_character(path: Path, text: str, position: int, message: str) -> ConfigError:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return ConfigError(message, file=str(path), line=line, column=column)


def _syntax_error(path: Path, error: yaml.MarkedYAMLError) -> ConfigError:
    problem = " ".join(part for part in (error.context, error.problem) if part)
    hint = "; indent with spaces, not tabs" if "'\\t'" in problem else ""
    message = f"YAML cannot be read here: {problem}{hint}"
    mark = error.problem_mark or error.context_mark
    return ConfigError.at(mark, message) if mark else ConfigError(message, file=str(path))
