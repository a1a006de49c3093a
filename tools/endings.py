"""Ends of speech as an utterance hears them: recordings to their end, and cut before it."""

# ruff: noqa: INP001 - beside scripts, not part of a package
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from hearing import Home
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from assistant.endpointing.endpointer import EndpointFeatures
from training.turn_examples import ASKED_S, Said, Scene, places, said

Samples = NDArray[np.int16]

LATE_S = 0.05
"""Voice activity notices a pause so much after the last sound."""
WINDOW = SAMPLE_RATE // 10
INNER = (0.25, 0.8)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known in a pause, at each of `ASKED_S`."""

    over: bool
    """Whether the recording ends here."""
    known: tuple[EndpointFeatures, ...]


def endings(
    home: Home,
    samples: Samples,
    cuts: Callable[[Samples, Said], Sequence[int]],
    rng: np.random.Generator,
) -> Iterator[Ending]:
    """A recording to its end and to each cut, in samples; nothing if its noise hides the pauses.

    The recording's own quiet follows, so nothing tells them apart but what was said, and how.
    """
    found = said(samples)
    if found is None:
        return
    scene = Scene(samples, found, rng, elsewhere=False)
    for at in (found.end, *cuts(samples, found)):
        audio = np.concatenate([scene.audio[:at], scene.pause(at, rng)])
        heard = np.clip(32768 * audio, -32768, 32767).astype(np.int16)
        yield Ending(at == found.end, tuple(_known(home, heard, found.begin, at)))


def _known(home: Home, samples: Samples, begin: int, end: int) -> Iterator[EndpointFeatures]:
    stream, heard = home.open(), 0
    for pause_s in ASKED_S:
        until = end + round((pause_s + LATE_S) * SAMPLE_RATE)
        stream.accept(samples[heard:until])
        heard, result = until, stream.peek()
        yield EndpointFeatures(
            heard_s=until / SAMPLE_RATE,
            spoken_s=(until - begin) / SAMPLE_RATE,
            silence_s=pause_s,
            has_words=bool(result.text),
            end_of_sentence=result.end_of_sentence,
            completeness=home.house.conversation.completeness(result.text),
            turn_end=result.turn_end,
        )


def quietest(samples: Samples, found: Said) -> tuple[int]:
    """Where within the speech it is quietest, in samples."""
    power = np.convolve(np.square(samples.astype(np.float64)), np.ones(WINDOW), "same")
    first, last = (found.begin + round(share * (found.end - found.begin)) for share in INNER)
    return (first + int(np.argmin(power[first:last])),)


def natural(found: Said, rng: np.random.Generator) -> Sequence[int]:
    """A pause or a quiet moment within the speech, in samples, if there is one."""
    found_at = places(found, rng, 1)
    return [found_at[int(rng.integers(len(found_at)))]] if found_at else []
