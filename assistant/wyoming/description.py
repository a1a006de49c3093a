"""What Hearth tells of itself when a client asks."""

from __future__ import annotations

from typing import Any

from wyoming.info import (
    AsrModel,
    AsrProgram,
    Attribution,
    HandleModel,
    HandleProgram,
    Info,
    IntentModel,
    IntentProgram,
    WakeModel,
    WakeProgram,
)

from assistant import __version__

_LANGUAGES = ["en"]


def describe(model: str, wake_words: tuple[str, ...]) -> Info:
    """The services: one recogniser, one detector of some words, one understanding."""
    whose = Attribution(name="Hearth", url="")
    ours: dict[str, Any] = {"attribution": whose, "installed": True, "version": __version__}

    def named(name: str, what: str) -> dict[str, Any]:
        return {"name": name, "description": what, **ours}

    understanding = named("hearth", "Commands for the home")
    return Info(
        asr=[
            AsrProgram(
                **named("hearth", "Speech to text on the device"),
                models=[AsrModel(**named(model, model), languages=_LANGUAGES)],
                supports_transcript_streaming=True,
            )
        ],
        wake=[
            WakeProgram(
                **named("hearth", "Wake words"),
                models=[
                    WakeModel(
                        **named(word, word.replace("_", " ")),
                        languages=_LANGUAGES,
                        phrase=word.replace("_", " "),
                    )
                    for word in wake_words
                ],
            )
        ],
        handle=[
            HandleProgram(
                **understanding,
                models=[HandleModel(**understanding, languages=_LANGUAGES)],
                supports_home_control=True,
            )
        ],
        intent=[
            IntentProgram(
                **understanding, models=[IntentModel(**understanding, languages=_LANGUAGES)]
            )
        ],
    )
