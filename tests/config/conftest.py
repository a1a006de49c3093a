from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.config import ConfigError, Settings, load

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write `config.yaml` (or another file) into an empty folder."""

    def write(text: str, name: str = "config.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def settings(write: Write) -> Callable[[str], Settings]:
    return lambda text: load(write(text))


@pytest.fixture
def refused(write: Write) -> Callable[[str], ConfigError]:
    """The error that a configuration gives."""

    def refused(text: str) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            load(write(text))
        return caught.value

    return refused
