"""`assistant edge report`: what the shipped model would cost on an edge processor."""

from __future__ import annotations

import argparse
from pathlib import Path

from assistant.commands import UsageError, print_json, say, settings_of
from assistant.edge import processor, report
from assistant.edge.errors import EdgeFormatError
from assistant.edge.model import FILE_NAME, EdgeModel


def run(args: argparse.Namespace) -> int:
    """Execute the model and account for it, as text or as one JSON object."""
    settings = settings_of(args)
    path: Path = args.model or settings.model_folder / FILE_NAME
    if not path.exists():
        raise UsageError(f"{path} is missing: name a packed model with --model")
    try:
        described = processor.load(args.processor)
    except EdgeFormatError as error:
        raise UsageError(str(error)) from error
    account = report.account(EdgeModel.load(path), described, args.seconds)
    if args.picture:
        report.save_picture(account, args.picture)
    if args.json:
        print_json(account.to_json())
    else:
        say(report.text(account))
    return 0
