"""What ships with Hearth beside its code: models, plugins, the demo's recordings, an example.

In a clone they are top-level folders, which an editable install uses, too. In a wheel they are
data of the package: `setup.py` copies them there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGED: Final = Path(__file__).resolve().parents[1] / "_shipped"
IN_PACKAGE: Final = _PACKAGED.is_dir()
"""Whether Hearth was installed from a wheel, so that there is no clone around it."""
_ROOT: Final = _PACKAGED if IN_PACKAGE else _PACKAGED.parents[1]
_EXAMPLE: Final = "config.example.yaml"


def shipped(name: str) -> Path:
    """Where a file or folder lies that ships with Hearth: `models`, `plugins`, `demo`."""
    return _ROOT / name


def example_settings() -> Path:
    """The file to copy to `config.yaml`; in a clone by its name there."""
    return shipped(_EXAMPLE) if IN_PACKAGE else Path(_EXAMPLE)
