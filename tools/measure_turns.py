"""Measures whether it is known that a turn is over, in the first half second of the pause.

    python tools/measure_turns.py FOLDER [--plugins tools/orders] [--limit N]

Each recording of FOLDER is heard to its end, and again cut where 100 ms are quietest, between a
quarter and four fifths of what was said. Both times its own quiet follows. The area under the
receiver operating characteristic is how often the whole one of two is held to be surer over than
the cut one: by the voice, by the words, by both as the end-pointers weigh them. What was cut is
shorter, so the length alone tells much, too: it stands beside.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from endings import Ending, endings, quietest
from hearing import Home

from assistant.audio.file import read_samples
from assistant.bench.audio import recordings
from assistant.config.hearing import RecogniserSettings
from assistant.config.settings import Settings, UnderstandingSettings
from assistant.endpointing.endpointer import EndpointFeatures
from assistant.endpointing.turn_evidence import WORDS, probability
from training.score import area_under_curve
from training.turn_examples import ASKED_S

JUDGES: Final[Mapping[str, Callable[[EndpointFeatures], float]]] = {
    "length": lambda known: known.spoken_s,
    "words": lambda known: WORDS[known.completeness],
    "voice": lambda known: known.turn_end or 0.0,
    "both": lambda known: probability(known.completeness, known.turn_end or 0.0),
}


def areas(found: Sequence[Ending], judge: Callable[[EndpointFeatures], float]) -> list[float]:
    """The area under the curve at each question."""
    over = np.array([each.over for each in found])
    judged = np.array([[judge(known) for known in each.known] for each in found])
    return [area_under_curve(column[over], column[~over]) for column in judged.T]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--plugins", type=Path, help="what they understand is known as well")
    parser.add_argument("--model", default="en-small")
    parser.add_argument("--limit", type=int, help="only so many recordings")
    args = parser.parse_args()
    home = Home(
        Settings(
            recogniser=RecogniserSettings(model=args.model),
            understanding=UnderstandingSettings(plugins=args.plugins),
        )
    )
    rng, found = np.random.default_rng(1), list[Ending]()
    for path in recordings(args.folder)[: args.limit]:
        found += endings(home, asyncio.run(read_samples(str(path))), quietest, rng)
    print(f"{len(found) // 2} whole, as many cut; after {', '.join(map(str, ASKED_S))} s")
    for name, judge in JUDGES.items():
        print(f"{name:<8}", *(f"{area:.3f}" for area in areas(found, judge)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
