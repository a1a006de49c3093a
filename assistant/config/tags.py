"""`!include` and `!secret`, as Home Assistant users know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.config.error import nearest
from assistant.config.read import read
from assistant.config.value import Value

SECRETS_FILE = "secrets.yaml"


def resolve(value: Value) -> Value:
    """What a value stands for, with tags followed; raises `ConfigError`.

    `!include FILE` is relative to the file it is written in. `!secret NAME` is looked up in the
    `secrets.yaml` beside that file, then in the folders above it up to the main configuration's.
    """
    seen: set[Path] = set()
    while value.kind.startswith("!"):
        if value.kind == "!secret":
            value = _secret(value)
        elif value.kind == "!include":
            value = _include(value, seen)
        else:
            raise value.error(f"unknown tag '{value.kind}'; there are !include FILE, !secret NAME")
    return value


def _include(value: Value, seen: set[Path]) -> Value:
    path = (value.file.parent / value.text()).resolve()
    if path in seen:
        raise value.error(f"!include goes round in a circle through {path}")
    seen.add(path)
    if not path.is_file():
        raise value.error(f"!include: there is no file {path}")
    return replace(value, node=read(path))


def _secret(value: Value) -> Value:
    name = value.text()
    looked = _secrets_files(value.file, value.root)
    known: list[str] = []
    for path in looked:
        if not path.is_file():
            continue
        secrets = Value(read(path), "", value.root, secret=True).mapping()
        if name in secrets:
            found = secrets[name][1]
            if found.kind == "!secret":
                raise replace(found, key="").error("a secret cannot be another secret")
            return replace(found, key=value.key)
        known += secrets
    raise value.error(_unknown_secret(name, known, looked))


def _secrets_files(file: Path, root: Path) -> Sequence[Path]:
    """Where secrets are looked for, nearest first; only `root` above a file outside of it."""
    folder = file.parent
    folders = [folder, *folder.parents]
    within = folders[: folders.index(root) + 1] if root in folders else [folder, root]
    return [path / SECRETS_FILE for path in within]


def _unknown_secret(name: str, known: Sequence[str], looked: Sequence[Path]) -> str:
    if known:
        return f"there is no secret '{name}'; the nearest is '{nearest(name, known)}'"
    return f"there is no secret '{name}': write `{name}: ...` into {looked[-1]}"
