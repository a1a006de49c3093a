"""Write what hears phonemes: `python -m training.export_phonemes CHECKPOINT MODEL`.

MODEL, a folder with a model, gets `phonemes.npz`, whose matrices are int8 with a scale for each of
their rows, and lists it in its manifest.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from assistant.asr.biasing.phonemes import SCALE, SIGNS
from assistant.asr.networks.manifest import PHONEMES, read_manifest, write_manifest


def stored(checkpoint: Path) -> dict[str, NDArray[Any]]:
    """The arrays of the file, for a checkpoint of `training.train_phonemes`."""
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
    arrays: dict[str, NDArray[Any]] = {SIGNS: np.array(saved[SIGNS])}
    for name, weights in saved["weights"].items():
        array = weights.float().numpy()
        if array.ndim < 2:
            arrays[name] = array
            continue
        rows = array.reshape(len(array), -1)
        scale = np.maximum(np.abs(rows).max(1), 1e-8).astype(np.float32) / 127
        arrays[name] = np.round(rows / scale[:, None]).astype(np.int8).reshape(array.shape)
        arrays[name + SCALE] = scale
    return arrays


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("model", type=Path)
    args = parser.parse_args()
    np.savez_compressed(args.model / PHONEMES, allow_pickle=False, **stored(args.checkpoint))
    write_manifest(args.model, read_manifest(args.model))
    print(args.model / PHONEMES, (args.model / PHONEMES).stat().st_size, "bytes")


if __name__ == "__main__":
    main()
