"""Take blocks away from a trained model before it is trained on.

    python -m training.prune training/weights/en-small checkpoints/pruned --sparsity 0.3 \
        --speech data/real0 data/tts0

The folder that is written holds half-precision weights and what lies beside them, so a recipe can
`start` there; with `compression.sparsity` at the same share its masks are these zeros. What is left
in a layer makes up for what went (`training.calibrate`): much more of the model survives than when
the smallest blocks are simply set to zero, and a run needs fewer steps to mend the rest.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from torch import Tensor

from training.calibrate import calibrated
from training.export import load
from training.matrices import blocks, encoder_matrices, rows, weights_of
from training.model import Transducer
from training.pack import speech_of
from training.train import WEIGHTS

_BITS = 8
"""Weights are rounded to this many on the way; training goes on from exact ones."""


def zero_blocks(model: Transducer) -> Tensor:
    """Which of the encoder's blocks are zero, bool [blocks]."""
    names = [name for part in encoder_matrices(model.settings).values() for name in part]
    norms = [blocks(rows(weight)).square().sum(dim=(2, 3)) for weight in weights_of(model, names)]
    return torch.cat([each.flatten() for each in norms]) == 0


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="a training run's folder")
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--sparsity", type=float, required=True, help="the share of zero blocks")
    parser.add_argument("--speech", type=Path, nargs="+", required=True, help="corpora to fit to")
    parser.add_argument("--utterances", type=int, default=60, help="of each corpus")
    args = parser.parse_args()
    speech = [each for folder in args.speech for each in speech_of(folder, args.utterances)]
    _, model = calibrated(load(args.source), speech, _BITS, args.sparsity)
    args.out.mkdir(parents=True, exist_ok=True)
    half = {name: value.half() for name, value in model.state_dict().items()}
    torch.save(half, args.out / WEIGHTS)
    for path in args.source.iterdir():
        if path.is_file() and path.suffix in {".txt", ".model"}:
            shutil.copy(path, args.out)
    print(f"{args.out}: {zero_blocks(model).float().mean():.1%} of the encoder's blocks are zero")


if __name__ == "__main__":
    main()
