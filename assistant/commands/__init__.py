"""One module a command, each with `run(args) -> int`; what they share is here."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Awaitable, Mapping
from typing import Any

from assistant.app.settings import settings_in_force
from assistant.app.terminal import fold
from assistant.config import Settings
from assistant.config.extras import install_command
from assistant.errors import HearthError


class UsageError(HearthError):
    """What was asked for cannot be done so; the message says how."""

    exit_status = 2


class AddressError(HearthError):
    """An address at which nothing can be served."""


async def bound(starting: Awaitable[tuple[str, int]], host: str, port: int) -> tuple[str, int]:
    """The address at which a server starts; raises `AddressError` if it cannot be had."""
    try:
        return await starting
    except OSError as error:
        number = error.errno or 0  # what cannot be resolved has a number below 0, of another list
        why = os.strerror(number) if number > 0 else str(error)
        raise AddressError(
            f"{host} port {port} cannot be served: {why}; choose another --host or --port"
        ) from None


def exit_status(error: Exception) -> int | None:
    """The exit status for an error that was foreseen; `None` for one that was not."""
    if isinstance(error, HearthError):
        return error.exit_status
    return 1 if isinstance(error, OSError) else None


def wyoming_extra(module: str) -> Any:  # noqa: ANN401 - a module
    """A module of `assistant.wyoming`; raises `UsageError` where the extra is not installed."""
    try:
        return importlib.import_module(f"assistant.wyoming.{module}")
    except ImportError as error:
        message = f"this needs an extra ({error}): {install_command('wyoming')}"
        raise UsageError(message) from None


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings that a command line names; raises `ConfigError`. Sets up the log, too."""
    verbose, runtime = getattr(args, "verbose", False), getattr(args, "runtime", None)
    return settings_in_force(args.config, runtime, verbose=verbose)


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
