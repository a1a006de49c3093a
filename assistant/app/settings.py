"""The settings that are in force: the configuration, and what the command line adds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from assistant.app import log
from assistant.config import Settings, load
from assistant.config.settings import HomeSettings

Runtime = Literal["auto", "onnx", "edge"]
DEMO_WAKE_WORDS = ("alexa", "okay_nabu")
"""Those of the recordings in demo/."""


def settings_in_force(
    config: Path | None, runtime: Runtime | None = None, *, verbose: bool = False
) -> Settings:
    """The settings of a file, with another runtime if one is named; sets up the log, too.

    Raises `ConfigError`.
    """
    settings = load(config)
    log.setup("debug" if verbose else settings.logging.level)
    if runtime is None:
        return settings
    return replace(settings, recogniser=replace(settings.recogniser, runtime=runtime))


def demo_settings(settings: Settings) -> Settings:
    """The settings with the recordings' wake words, and a home in which nothing real happens."""
    wake = replace(settings.wake, engine="micro", words=DEMO_WAKE_WORDS, threshold=None)
    return replace(settings, wake=wake, home=HomeSettings())
