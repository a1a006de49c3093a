"""From a file to settings, and back to text for people."""

from __future__ import annotations

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
    body = yaml.safe_dump(
        _plain(settings, "", settings.secrets), sort_keys=False, allow_unicode=True
    )
    return f"# {origin}\n{body}"


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
        return list(value)
    return str(value) if isinstance(value, Path) else value
