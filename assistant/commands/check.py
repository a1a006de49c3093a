"""`assistant check`: whether the configuration is right, and what is in force."""

from __future__ import annotations

import argparse
import sys

from assistant.commands import settings_of
from assistant.config import effective


def run(args: argparse.Namespace) -> int:
    """Print the settings, secrets masked."""
    sys.stdout.write(effective(settings_of(args)))
    return 0
