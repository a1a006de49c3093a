"""Weighs words and voice: `python tools/tune_turns.py CORPUS ... [--limit N]`.

CORPUS: sentences that people read, as `training.prepare` writes them, kept out of training. Made-up
homes understand forty texts each in any mixture of their parts, see `tune_certainty.py`; the demo
home knows nothing of them. Both hear each recording to its end, and cut at a pause or where it is
quiet for a moment. A logistic regression (Hosmer and Lemeshow, "Applied logistic regression", 1989)
predicts whether the turn is over. Prints the weights for assistant/endpointing/turn_evidence.py.

Words that begin no command of the home keep the odds that were counted in requests: what people
read here are sentences of books.

Length is left out: what is cut is shorter here, and a short command is no less over for it.
"""

# ruff: noqa: INP001, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from endings import Ending, endings, natural
from hearing import Home
from numpy.typing import NDArray
from tune_certainty import TEXTS, cut, made_up, recordings

from assistant.config.hearing import RecogniserSettings
from assistant.config.settings import Settings
from assistant.endpointing.completeness import Completeness
from assistant.endpointing.endpointer import EndpointFeatures
from training.score import area_under_curve

FITTED = (Completeness.COMPLETE, Completeness.OPEN, Completeness.INCOMPLETE)
LIKELY, UNSURE = (0.76, 0.22), (0.24, 0.78)
"""Shares of requests that are so at their end, and after some of their words: docs/endpoints.md."""
COUNTED = {
    Completeness.LIKELY: float(np.log(LIKELY[0] / LIKELY[1])),
    Completeness.UNSURE: float(np.log(UNSURE[0] / UNSURE[1])),
}
RIDGE = 3.0
"""Keeps weights of what is seldom seen small."""


def heard(
    corpora: Sequence[Path], recogniser: RecogniserSettings, limit: int | None
) -> Iterator[Ending]:
    """The ends of what people read, in homes that know their sentences and in one that does not."""
    rng, chance = random.Random(7), np.random.default_rng(2)
    read = recordings(corpora, rng)
    demo = Home(Settings(recogniser=recogniser))
    for group in [read[at : at + TEXTS] for at in range(0, len(read), TEXTS)][:limit]:
        with tempfile.TemporaryDirectory() as folder:
            parts = [cut(text, rng) for text, _ in group]
            knows = made_up(Path(folder), parts, None, recogniser)
            for _, samples in group:
                for home in (knows, demo):
                    yield from endings(home, samples, lambda _, s: natural(s, chance), chance)


def given(known: EndpointFeatures) -> list[float]:
    """What the regression is given: which kind of words, and the voice."""
    return [*(float(known.completeness is kind) for kind in FITTED), known.turn_end or 0.0]


def fitted(
    values: NDArray[np.float64], counted: NDArray[np.float64], over: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The weights beside log-odds that are known, by Newton's method."""
    weights = np.zeros(values.shape[1])
    for _ in range(50):
        said = 1 / (1 + np.exp(-values @ weights - counted))
        slope = values.T @ (over - said) - RIDGE * weights
        bend = (values.T * (said * (1 - said))) @ values + RIDGE * np.eye(len(weights))
        weights += np.linalg.solve(bend, slope)
    return weights


def main() -> int:
    """Print the weights, and what they are worth here."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--model", default="en-small")
    parser.add_argument("--limit", type=int, help="so many made-up homes")
    args = parser.parse_args()
    found = list(heard(args.corpora, RecogniserSettings(model=args.model), args.limit))
    asked = [(each.over, known) for each in found for known in each.known]
    over = np.array([over for over, _ in asked])
    values = np.array([given(known) for _, known in asked])
    counted = np.array([COUNTED.get(known.completeness, 0.0) for _, known in asked])
    weights = fitted(values, counted, over)
    for name, weight in (*COUNTED.items(), *zip((*FITTED, "voice"), weights, strict=True)):
        print(f"{name:<12}{weight:6.2f}")
    said = values @ weights + counted
    print(
        f"{len(found)} ends, area under the curve {area_under_curve(said[over], said[~over]):.3f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
