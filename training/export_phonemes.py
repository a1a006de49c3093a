"""Write what hears phonemes: `python -m training.export_phonemes CHECKPOINT MODEL`.

MODEL, a folder with a model, gets `phonemes.npz`, whose matrices are int8 with a scale for each of
their rows, and lists it in its manifest.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from assistant.asr.biasing.phonemes import SIGNS
from assistant.asr.networks import int8_file
from assistant.asr.networks.manifest import PHONEMES, read_manifest, write_manifest


def export(checkpoint: Path, file: Path) -> None:
    """Write the file for a checkpoint of `training.train_phonemes`."""
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
    weights = {name: each.float().numpy() for name, each in saved["weights"].items()}
    int8_file.write(file, weights, {SIGNS: np.array(saved[SIGNS])})


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("model", type=Path)
    args = parser.parse_args()
    export(args.checkpoint, args.model / PHONEMES)
    write_manifest(args.model, read_manifest(args.model))
    print(args.model / PHONEMES, (args.model / PHONEMES).stat().st_size, "bytes")


if __name__ == "__main__":
    main()
