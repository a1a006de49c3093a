"""How what is only needed by some is installed."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

_CLONE = Path(__file__).resolve().parents[2]


def install_command(extra: str = "") -> str:
    """What installs Hearth again, with an extra if one is named, for the Python that runs it.

    From the clone, always: Hearth is not on PyPI, where `hearth` is somebody else's package.
    """
    what = f"{_CLONE}[{extra}]" if extra else str(_CLONE)
    return shlex.join([sys.executable, "-m", "pip", "install", "-e", what])
