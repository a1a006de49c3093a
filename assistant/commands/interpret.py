"""`assistant interpret`: what a text would do, without doing it."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from assistant.commands import UsageError, print_json, settings_of
from assistant.config import Settings
from assistant.household import Household, make_household
from assistant.nlu.interpretation import Interpretation


def run(args: argparse.Namespace) -> int:
    """Print the interpretation as one JSON object."""
    if not args.text.strip():
        raise UsageError(
            'there is nothing to interpret; try: assistant interpret "turn on a light"'
        )
    print_json(asyncio.run(interpret(settings_of(args), args.text, explain=args.explain)))
    return 0


async def interpret(settings: Settings, text: str, *, explain: bool = False) -> dict[str, Any]:
    """The interpretation of a text in the home of the settings, as plain values."""
    explanation: dict[str, Any] = {}
    house = make_household(settings)
    try:
        await house.home.connect()
        meant = house.understanding.interpret_text(text)
        if explain:
            explanation["explanation"] = explained(house, text, meant)
    finally:
        await house.home.close()
    first, *others = meant.commands
    then = {"then": [_plain(each) for each in others]} if others else {}
    alternatives = [_plain(other) for other in meant.alternatives]
    return {**_plain(first), **then, "alternatives": alternatives, **explanation}


def explained(house: Household, text: str, meant: Interpretation) -> dict[str, Any]:
    """Why a text is understood so, with what is wrong in the user's own sentences."""
    from assistant.nlu.sentence_advice import unheard  # noqa: PLC0415 - seldom wanted

    own = house.sentences.now()
    wrong = [*own.problems, *own.hints, *unheard(own.files, house.plugins.intents())]
    several = [each.text for each in meant.commands if each.intent]
    first, *others = several if len(several) > 1 else [text]
    then = {"then": [house.understanding.explain(each) for each in others]} if others else {}
    return {**house.understanding.explain(first), **then, "sentence_problems": wrong}


def _plain(meant: Interpretation) -> dict[str, Any]:
    return {
        "text": meant.text,
        "intent": meant.intent,
        "slots": dict(meant.slots),
        "targets": list(meant.targets),
        "confidence": meant.confidence,
    }
