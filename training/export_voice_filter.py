"""Writes a model folder: `python -m training.export_voice_filter CHECKPOINT FOLDER`.

FOLDER gets `network.npz`, whose matrices are int8, and `manifest.json`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np
import torch

from assistant.asr.features.voice_filter import MODEL, NETWORK
from assistant.asr.networks import int8_file
from training.voice_filter import DILATIONS

NAME: Final = "voice-filter"
LICENCE: Final = "Apache-2.0"
EXACT: Final = ".taps"
"""Small, and as it was trained."""


def export(checkpoint: Path, folder: Path) -> None:
    """Write the folder for a checkpoint of `training.voice_filter`."""
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
    weights = {name: each.float().numpy() for name, each in saved.items()}
    exact = {name: each for name, each in weights.items() if name.endswith(EXACT)}
    rounded = {name: each for name, each in weights.items() if name not in exact}
    folder.mkdir(parents=True, exist_ok=True)
    int8_file.write(folder / NETWORK, rounded, {"dilations": np.array(DILATIONS), **exact})
    MODEL.write(folder, NAME, LICENCE, {})


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    export(args.checkpoint, args.folder)
    print(args.folder / NETWORK, (args.folder / NETWORK).stat().st_size, "bytes")


if __name__ == "__main__":
    main()
