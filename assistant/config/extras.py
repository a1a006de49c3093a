"""How what is only needed by some is installed."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from typing import Final

from packaging.requirements import Requirement

from assistant.config.shipped import IN_PACKAGE, shipped

_NAME: Final = "hearth-assistant"


def install_command(extra: str = "") -> str:
    """What installs Hearth again, with an extra if one is named, for the Python that runs it.

    From the clone, where there is one. A wheel may be gone by now, but it says what its extras
    need. Hearth is not on PyPI, where `hearth` is somebody else's package.
    """
    if not IN_PACKAGE:
        clone = str(shipped(""))
        what = ["-e", f"{clone}[{extra}]" if extra else clone]
    elif extra:
        what = list(_needed(extra))
    else:
        what = ["--force-reinstall", "--no-deps", _origin()]
    return shlex.join([sys.executable, "-m", "pip", "install", *what])


def _needed(extra: str) -> Iterator[str]:
    """What an extra needs, as pip takes it."""
    for each in map(Requirement, distribution(_NAME).requires or ()):
        if each.marker and each.marker.evaluate({"extra": extra}) and "extra" in str(each.marker):
            yield f"{each.name}{each.specifier}"


def _origin() -> str:
    """Where pip had Hearth from; its name if pip does not say."""
    try:
        told = distribution(_NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        return _NAME
    return str(json.loads(told)["url"]) if told else _NAME
