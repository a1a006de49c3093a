"""`assistant habits`: what was learned of what this home asks for, and how to forget it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping

from assistant.app.household import state_folders
from assistant.commands import print_json, print_line, say
from assistant.nlu.habit_counts import Counts
from assistant.nlu.habit_file import HabitFile


def run(args: argparse.Namespace) -> int:
    """Show the counts: a table for people at a terminal, else one JSON object; or delete them."""
    files = [HabitFile(folder) for folder in state_folders()]
    if args.what == "forget":
        forgotten = [str(file.path) for file in files if file.forget()]
        say(f"deleted: {', '.join(forgotten)}" if forgotten else "there was nothing to forget")
        return 0
    file = next((file for file in files if file.is_there()), files[0])
    counts = file.read().at(time.time())
    if not sys.stdout.isatty():
        print_json({"intents": _rounded(counts.intents), "meanings": _rounded(counts.meanings)})
        return 0
    for line in account(counts):
        print_line(line)
    if counts.intents:
        say(f"kept in {file.path}; `assistant habits forget` deletes it")
    return 0


def account(counts: Counts) -> Iterator[str]:
    """The counts for people, the greatest first."""
    if not counts.intents:
        yield "nothing was learned yet"
    known = {f"{intent}, all of it": count for intent, count in counts.intents.items()}
    known |= {meaning.removesuffix(" -"): count for meaning, count in counts.meanings.items()}
    for what, count in sorted(known.items(), key=lambda item: (-item[1], item[0])):
        yield f"{count:8.1f}  {what}"


def _rounded(counts: Mapping[str, float]) -> dict[str, float]:
    return {key: round(count, 3) for key, count in counts.items()}
