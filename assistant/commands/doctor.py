"""`assistant doctor`: looks at everything that Hearth depends on, and says what to do."""

from __future__ import annotations

import argparse
import asyncio
import sys

from assistant.app.doctor import examine, healthy
from assistant.app.terminal import fold
from assistant.commands import print_line, settings_of


def run(args: argparse.Namespace) -> int:
    """Print every finding; 1 if something is wrong."""
    findings = asyncio.run(examine(settings_of(args)))
    for finding in findings:
        print_line(fold(str(finding)) if sys.stdout.isatty() else str(finding))
    return 0 if healthy(findings) else 1
