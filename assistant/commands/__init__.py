"""One module a command, each with `run(args) -> int`; what they share is here."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.app import log
from assistant.app.terminal import fold
from assistant.asr.networks.manifest import ModelError
from assistant.audio.source import AudioError, NoAudioLibraryError
from assistant.bench.child import BenchError
from assistant.config import ConfigError, SettingError, Settings, load
from assistant.config.extras import install_command
from assistant.edge.errors import EdgeFormatError
from assistant.edge.native import KernelError
from assistant.home.contacts import ContactsError
from assistant.home.model import HomeError
from assistant.rescoring.rescorer import RescoringError
from assistant.wake.words import WakeWordError


class UsageError(Exception):
    """What was asked for cannot be done so; the message says how."""


_WRONG = (
    UsageError,
    ConfigError,
    SettingError,
    WakeWordError,
    ContactsError,
    NoAudioLibraryError,
)
_FAILED = (
    AudioError,
    HomeError,
    ModelError,
    EdgeFormatError,
    KernelError,
    BenchError,
    RescoringError,
    OSError,
)


def exit_status(error: Exception) -> int | None:
    """The exit status for an error that was foreseen; `None` for one that was not."""
    if isinstance(error, _WRONG):
        return 2
    return 1 if isinstance(error, _FAILED) else None


def wyoming_extra(module: str) -> Any:  # noqa: ANN401 - a module
    """A module of `assistant.wyoming`; raises `UsageError` where the extra is not installed."""
    try:
        return importlib.import_module(f"assistant.wyoming.{module}")
    except ImportError as error:
        message = f"this needs an extra ({error}): {install_command('wyoming')}"
        raise UsageError(message) from None


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings that a command line names; raises `ConfigError`. Sets up the log, too."""
    path: Path | None = args.config
    settings = load(path)
    log.setup("debug" if getattr(args, "verbose", False) else settings.logging.level)
    runtime = getattr(args, "runtime", None)
    if runtime is None:
        return settings
    return replace(settings, recogniser=replace(settings.recogniser, runtime=runtime))


def print_json(values: Mapping[str, Any]) -> None:
    """One JSON object, one line, at once."""
    print_line(json.dumps(values, ensure_ascii=False))


def print_line(line: str) -> None:
    """A line on standard output, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Lines for people, on standard error; at a terminal none breaks inside a word."""
    sys.stderr.write((fold(text) if sys.stderr.isatty() else text) + "\n")
    sys.stderr.flush()
