"""Measures whether it can be heard that a sentence is over, in the first half second of the pause.

    python tools/measure_turns.py FOLDER WEIGHTS

Each recording of FOLDER is heard to its end, and again cut where 100 ms are quietest, between a
quarter and four fifths of what was said. Both times its own quiet follows. WEIGHTS are those of
`training.train_turns`. The area under the receiver operating characteristic is how often the whole
one of two is held to be surer over than the cut one. What was cut is shorter, so the length alone
tells much, too: it stands beside.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.model_folder import load_model
from assistant.audio.file import read_samples
from assistant.audio.source import SAMPLE_RATE
from assistant.bench.audio import recordings
from training.score import area_under_curve
from training.train_turns import load, log_odds
from training.turn_examples import ASKED_S, Ear, Said, Scene, said

WINDOW = SAMPLE_RATE // 10
INNER = (0.25, 0.8)
LATE_S = 0.05
"""Voice activity notices a pause so much after the last sound."""


def quietest(samples: NDArray[np.int16], found: Said) -> int:
    """Where within the speech it is quietest, in samples."""
    power = np.convolve(np.square(samples.astype(np.float64)), np.ones(WINDOW), "same")
    first, last = (found.begin + round(share * (found.end - found.begin)) for share in INNER)
    return first + int(np.argmin(power[first:last]))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--model", type=Path, default=Path("models/en-mini"))
    args = parser.parse_args()
    encoder, network = load_model(args.model, "edge").streaming, load(args.weights)
    rng = np.random.default_rng(1)
    asked_s = [each + LATE_S for each in ASKED_S]
    rows = []
    for path in recordings(args.folder):
        samples = asyncio.run(read_samples(str(path)))
        found = said(samples)
        if found is None:
            continue
        ear = Ear(encoder, Scene(samples, found, rng, elsewhere=False))
        for at in (found.end, quietest(samples, found)):
            odds = log_odds(network, ear.asked(at, asked_s, rng))
            rows.append([(at - found.begin) / SAMPLE_RATE, *odds])
    values = np.array(rows)
    titles = ("length", *(f"heard after {each:g} s" for each in ASKED_S))
    print(f"{len(values) // 2} whole, as many cut")
    for title, column in zip(titles, values.T, strict=True):
        print(f"{title:<20}{area_under_curve(column[::2], column[1::2]):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
