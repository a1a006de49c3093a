"""From a file to settings, and back to text for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from assistant.config.bind import Binder, setting_names
from assistant.config.error import ConfigError
from assistant.config.read import read
from assistant.config.settings import Settings
from assistant.config.value import Value

DEFAULT_FILE = Path("config.yaml")
MASK = "********"
LINE_ENDS = re.compile(r"[\x85\u2028\u2029]")


def load(path: Path | None = None) -> Settings:
    """Settings from a file; without one, `config.yaml` in the working directory or the defaults.

    Raises `ConfigError`.
    """
    if path is None and not DEFAULT_FILE.exists():
        return Settings()
    file = (path or DEFAULT_FILE).expanduser().resolve()
    binder = Binder(Settings)
    try:
        settings: Settings = binder.section(Settings, Value(read(file), "", file.parent))
    except RecursionError:
        raise ConfigError("a value refers to itself", file=str(file)) from None
    return replace(settings, file=file, secrets=frozenset(binder.secrets))


def effective(settings: Settings) -> str:
    """All settings as YAML, defaults included, secrets masked."""
    origin = f"settings from {settings.file}" if settings.file else "the built-in settings"
    plain = _plain(settings, "", settings.secrets)
    body = yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return f"# {origin}\n{body}"


class _Dumper(yaml.SafeDumper):
    """PyYAML writes text with Unicode's own line ends so that it reads it back changed."""

    def text(self, value: str) -> yaml.ScalarNode:
        """Such text in double quotes, where it is escaped."""
        style = '"' if LINE_ENDS.search(value) else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style)


_Dumper.add_representer(str, _Dumper.text)


def _plain(value: Any, key: str, secrets: frozenset[str]) -> Any:  # noqa: ANN401
    if key in secrets:
        return MASK
    if is_dataclass(value):
        return {
            name: _plain(getattr(value, name), f"{key}.{name}" if key else name, secrets)
            for name in setting_names(type(value))
        }
    if isinstance(value, Mapping):
        return {name: _plain(item, f"{key}.{name}", secrets) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item, key, secrets) for item in value]
    return str(value) if isinstance(value, Path) else value
