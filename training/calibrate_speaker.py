"""Calibrate a speaker model: `python -m training.calibrate_speaker FOLDER LIST[:PREFIX] ...`.

Speakers of the lists, which must be none that anything is measured on, say something of one to four
seconds, clean and in a room with noise (`--noise`); logistic regression finds how likely a cosine
is of one voice (targets and others with the same weight). `manifest.json` is written into FOLDER.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from assistant.speaker.calibration import Calibration
from assistant.speaker.manifest import write_manifest
from assistant.speaker.network import OnnxEmbedder
from training.speaker_trials import Condition, Trials, embed_trials, noise_in, pick, read_list

NAME, LICENCE = "speaker-campplus", "Apache-2.0"
CONDITIONS = (Condition(1.0), Condition(2.0), Condition(2.0, 10.0), Condition(4.0, 10.0))
SPEAKERS, EACH = 30, 5
"""Of each list, and recordings of each of them."""


def fitted(trials: Sequence[Trials]) -> Calibration:
    """The calibration that makes the trials likeliest."""
    cosines = np.concatenate([each.cosines.ravel() for each in trials])
    own = np.concatenate([each.own.ravel() for each in trials])
    lengths = np.concatenate([np.repeat(e.lengths, len(e.speakers)) for e in trials])
    columns = np.stack([cosines, np.ones_like(cosines), np.log(lengths)], 1).astype(np.float64)
    signs = np.where(own, 1.0, -1.0)
    weights = np.where(own, 0.5 / own.sum(), 0.5 / (~own).sum())

    def loss(parameters: NDArray[np.float64]) -> float:
        return float(weights @ np.logaddexp(0.0, -signs * (columns @ parameters)))

    scale, offset, per_log_length = minimize(loss, np.array([10.0, -3.0, 0.0])).x
    return Calibration(*(round(float(each), 3) for each in (scale, offset, per_log_length)))


def main() -> None:
    """Read the arguments, fit, and write the manifest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("lists", nargs="+", metavar="LIST[:PREFIX]")
    parser.add_argument("--noise", type=Path, nargs="+", required=True, metavar="FOLDER")
    args = parser.parse_args()
    nothing = Calibration(0.0, 0.0, 0.0)
    write_manifest(args.folder, NAME, LICENCE, nothing)
    embedder = OnnxEmbedder(args.folder)
    trials: list[Trials] = []
    with tempfile.TemporaryDirectory() as folder:
        noise = noise_in(args.noise, Path(folder))
        for each in args.lists:
            file, _, prefix = each.partition(":")
            recordings = pick(read_list(Path(file), prefix), SPEAKERS, EACH)
            trials += embed_trials(recordings, embedder, CONDITIONS, noise)
    found = fitted(trials)
    write_manifest(args.folder, NAME, LICENCE, found)
    sys.stdout.write(f"{found}\n")


if __name__ == "__main__":
    main()
