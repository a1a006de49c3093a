"""Wake-word detectors by the name of their engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from assistant.wake.detector import WakeDetector
from assistant.wake.micro import MicroDetector
from assistant.wake.refractory import Refractory
from assistant.wake.words import WakeWordError

Engine = Literal["micro", "open"]
"""`micro`: light, for waiting all day on a small board. `open`: more words, much more work."""


def create(
    engine: str,
    words: Sequence[str],
    threshold: float | None = None,
    refractory_s: float = 1.0,
) -> WakeDetector:
    """A detector for `words`; raises `WakeWordError` for an unknown engine, word or file.

    `threshold` (0 ... 1) overrides that of the models.
    """
    if threshold is not None and not 0.0 <= threshold <= 1.0:
        raise WakeWordError(f"wake word threshold {threshold}: choose between 0 and 1")
    return Refractory(_engine(engine, words, threshold), refractory_s)


def _engine(engine: str, words: Sequence[str], threshold: float | None) -> WakeDetector:
    if engine == "micro":
        return MicroDetector(words, threshold)
    if engine == "open":
        from assistant.wake.open import OpenDetector  # noqa: PLC0415 - a second only if chosen

        return OpenDetector(words, threshold)
    raise WakeWordError(f"unknown wake word engine '{engine}'; use {' or '.join(get_args(Engine))}")
