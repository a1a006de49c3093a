"""`assistant interpret`: what a text would do, without doing it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from assistant.app.household import Household, make_household
from assistant.app.terminal import entry, spelled
from assistant.commands import UsageError, print_json, print_line, say, settings_of
from assistant.config import Settings
from assistant.nlu.interpretation import Interpretation


def run(args: argparse.Namespace) -> int:
    """Print the interpretation: for people at a terminal, else as one JSON object.

    1, and the reason, if nothing is understood.
    """
    if not args.text.strip():
        raise UsageError(
            'there is nothing to interpret; try: assistant interpret "turn on a light"'
        )
    meant = asyncio.run(interpret(settings_of(args), args.text, explain=args.explain))
    understood = meant["intent"] is not None
    if not sys.stdout.isatty():
        print_json(meant)
    elif understood:
        for line in account(meant):
            print_line(line)
    if not understood:
        say(f"assistant: not understood: {meant['reason']}")
    return int(not understood)


async def interpret(settings: Settings, text: str, *, explain: bool = False) -> dict[str, Any]:
    """The interpretation of a text in the home of the settings, as plain values."""
    explanation: dict[str, Any] = {}
    house = make_household(settings)
    try:
        await house.home.connect()
        meant = await house.dispatcher.with_question(house.understanding.interpret_text(text))
        reason = meant.reason
        if meant.intent is None:
            reason = str(house.understanding.explain(text)["message"])
        if explain:
            explanation["explanation"] = explained(house, text, meant)
    finally:
        await house.home.close()
    first, *others = meant.commands
    also = {
        "question": meant.question,
        "reason": reason,
        "then": [_plain(each) for each in others],
    }
    return {
        **_plain(first),
        **{name: value for name, value in also.items() if value},
        "alternatives": [_plain(other) for other in meant.alternatives],
        **explanation,
    }


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


def account(meant: Mapping[str, Any]) -> Iterator[str]:
    """An interpretation, as `interpret` gives it, for people."""
    yield from entry("text", meant["text"])
    yield from entry("understood", _meaning(meant))
    for command in meant.get("then", ()):
        yield from entry("then", _meaning(command))
    if unknown := meant["slots"].get("unknown_name"):
        yield from entry("devices", f'none here is called "{unknown}"')
    for title in ("question", "reason"):
        if title in meant:
            yield from entry(title, meant[title])
    if "explanation" in meant:
        yield from entry("template", meant["explanation"]["message"])
    for other in meant["alternatives"]:
        yield from entry("or", _meaning(other))


def _meaning(meant: Mapping[str, Any]) -> str:
    targets = f" ({spelled(meant['targets'])})" if meant["targets"] else ""
    return f"{meant['intent']}  {spelled(meant['slots'])}{targets}  [{meant['confidence']:.2f}]"
