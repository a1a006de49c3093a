"""`assistant interpret`: what a text would do, without doing it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from typing import Any

from assistant.commands import UsageError, print_json, print_line, say, settings_of
from assistant.config import Settings
from assistant.household import Household, make_household
from assistant.nlu.completeness import PROBABLY_UNFINISHED
from assistant.nlu.interpretation import Interpretation
from assistant.terminal import entry, spelled


def run(args: argparse.Namespace) -> int:
    """Print the interpretation: for people at a terminal, else as one JSON object.

    1, and the reason, if nothing is understood.
    """
    if not args.text.strip():
        raise UsageError(
            'there is nothing to interpret; try: assistant interpret "turn on a light"'
        )
    return asyncio.run(interpret(settings_of(args), args.text))


async def interpret(settings: Settings, text: str) -> int:
    """Interpret a text in the home of the settings."""
    house = make_household(settings)
    try:
        await house.home.connect()
        meant = house.understanding.interpret_text(text)
        if sys.stdout.isatty():
            for line in _account(house, meant):
                print_line(line)
        else:
            others = [_plain(other) for other in meant.alternatives]
            print_json({**_plain(meant), "alternatives": others})
        if meant.intent is None:
            say(f"assistant: not understood: {_reason(house, text)}")
    finally:
        await house.home.close()
    return int(meant.intent is None)


def _plain(meant: Interpretation) -> dict[str, Any]:
    return {
        "text": meant.text,
        "intent": meant.intent,
        "slots": dict(meant.slots),
        "targets": list(meant.targets),
        "confidence": meant.confidence,
    }


def _account(house: Household, meant: Interpretation) -> Iterator[str]:
    """An interpretation for people."""
    if meant.intent is None:
        return
    names = {device.id: device.name for device in house.home.devices()}
    devices = [f"{names.get(target, '?')} ({target})" for target in meant.targets]
    yield from entry("text", meant.text)
    yield from entry("understood", f"{meant.intent}  {spelled(meant.slots)}".rstrip())
    if devices:
        yield from entry("devices", ", ".join(devices))
    elif unknown := meant.slots.get("unknown_name"):
        yield from entry("devices", f'none here is called "{unknown}"')
    yield from entry("confidence", f"{meant.confidence:.2f}")
    for other in meant.alternatives:
        targets = f" ({', '.join(other.targets)})" if other.targets else ""
        meaning = f"{other.intent}  {spelled(other.slots)}{targets}  [{other.confidence:.2f}]"
        yield from entry("or", meaning)


def _reason(house: Household, text: str) -> str:
    """How far a text without a meaning goes along with the sentences that Hearth knows."""
    words = text.split()
    understanding = house.understanding
    if understanding.incomplete(text) >= PROBABLY_UNFINISHED:
        return "it begins like a command, and is none yet"
    for count in range(len(words) - 1, 0, -1):
        begun = " ".join(words[:count])
        if understanding.interpret_text(begun).intent is not None:
            return f'"{begun}" is, but not with "{" ".join(words[count:])}" after it'
    return "no sentence that Hearth knows is like it"
