"""What a home makes of a recording, for the tools that measure it: heard and weighed as live."""

# ruff: noqa: INP001 - beside scripts, not part of a package
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.app.assembly import favoured, favoured_sentences
from assistant.app.household import make_household
from assistant.app.recognition import load_recogniser
from assistant.asr.result import RecogniserStream, RecognitionResult, recognise
from assistant.config.settings import Settings
from assistant.nlu.interpretation import Interpretation
from assistant.pipeline.certainty import certainty, doubted


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording, heard and understood."""

    result: RecognitionResult
    understood: Interpretation
    """What is meant, however unsure."""
    meant: Interpretation
    """The same where it is sure enough; else a question, or nothing."""

    @property
    def acts(self) -> bool:
        """Whether something is done, without a question."""
        return self.meant.intent is not None and not self.meant.question


class Home:
    """A home, and what hears for it; with a `state` folder it learns habits."""

    def __init__(self, settings: Settings, state: Path | None = None) -> None:
        self.house = make_household(settings, state=state)
        if self.house.plugins.problems:
            raise SystemExit("\n".join(self.house.plugins.problems))
        self._recogniser = load_recogniser(settings)
        self._names = favoured(settings, self.house)
        self._sentences = favoured_sentences(settings, self.house)
        self._least = settings.understanding.confidence

    def hear(self, samples: NDArray[np.int16]) -> Heard:
        """What becomes of a recording, int16 [n] at 16 kHz, its pause included."""
        result = recognise(self._recogniser, samples, self._names, self._sentences)
        understood = self.house.understanding.interpret(result.nbest)
        sure = certainty(understood, result)
        return Heard(result, understood, doubted(understood, result.text, sure, self._least))

    def open(self) -> RecogniserStream:
        """The recognition of an utterance as this home has it."""
        return self._recogniser.open(self._names, self._sentences)

    def reads(self, text: str) -> Interpretation:
        """What a text means here."""
        return self.house.understanding.interpret_text(text)


def same(one: Interpretation, other: Interpretation) -> bool:
    """Whether two interpretations do the same, command by command."""
    return [_content(each) for each in one.commands] == [_content(each) for each in other.commands]


def _content(meant: Interpretation) -> tuple[Any, ...]:
    return meant.intent, meant.slots, meant.targets
