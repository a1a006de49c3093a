"""Files: the configuration that is read, and folders that are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from assistant.app.doctor.finding import Finding, hint, ok, problem
from assistant.app.household import state_folder
from assistant.config.settings import Settings
from assistant.config.shipped import example_settings

_READABLE_BY_OTHERS = 0o077


def configuration(settings: Settings) -> Iterator[Finding]:
    """Where the settings come from, and who can read the secrets."""
    about = "configuration"
    if settings.file is None:
        example = example_settings()
        yield ok(about, f"the built-in settings; copy {example} to config.yaml to change")
        return
    yield ok(about, str(settings.file))
    secrets = settings.file.with_name("secrets.yaml")
    try:
        shared = secrets.stat().st_mode & _READABLE_BY_OTHERS
    except OSError:
        return
    if shared:
        yield hint("secrets", f"others on this machine can read it: chmod 600 {secrets}")


def folders(settings: Settings) -> Iterator[Finding]:
    """Whether what is to be written can be."""
    kept = [("timers", state_folder())]
    if settings.privacy.save_recordings:
        kept.append(("recordings", Path(settings.privacy.save_recordings)))
    for about, folder in kept:
        if _writable(folder):
            yield ok(about, f"kept in {folder}")
        else:
            yield problem(about, f"{folder} cannot be written: change its owner or its rights")


def _writable(folder: Path) -> bool:
    """Whether the folder, or the first one above it that is there, can be written."""
    there = next(path for path in [folder, *folder.absolute().parents] if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
