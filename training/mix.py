"""Weights between those of two models: `python -m training.mix OUT FIRST SECOND --share 0.4`.

OUT gets a run's folder with `share` of FIRST and the rest of SECOND, in half precision, and FIRST's
vocabulary. Two models of which one was trained on from the other often have a better one between
them (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022): what it was taught is still
there, and what it has forgotten is back. SECOND may be a checkpoint of Whisper (`tiny.en.pt`); then
only what FIRST's encoder has from it is mixed.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from assistant.asr.networks.manifest import PIECES
from training import saved_weights
from training.model import ModelSettings, whisper_encoder
from training.saved_weights import TABLE, WEIGHTS, companion

_ENCODER: Final = "encoder."
_OWN_OF_WHISPER: Final = ("up.", "down.", "ln_post.")
"""What Whisper's encoder lacks, or has for a model with no layers above it."""


def mixed(
    first: Mapping[str, Tensor], second: Mapping[str, Tensor], share: float
) -> dict[str, Tensor]:
    """Weights with `share` of the first, float32; what the second lacks is the first's alone.

    Raises:
        ValueError: the second has something that does not fit, or nothing at all.

    """
    wrong = [n for n, value in second.items() if n not in first or value.shape != first[n].shape]
    if wrong or not second:
        raise ValueError(
            f"these weights do not go together: {', '.join(wrong) or 'none is shared'}"
        )
    return {
        name: torch.lerp(second[name].float(), value.float(), share)
        if name in second
        else value.float()
        for name, value in first.items()
    }


def of_whisper(checkpoint: Path) -> dict[str, Tensor]:
    """The encoder's weights in a Whisper checkpoint, by the names that ours has for them."""
    encoder = whisper_encoder(checkpoint, ModelSettings())
    return {
        f"{_ENCODER}{name}": value
        for name, value in encoder.state_dict().items()
        if not name.startswith(_OWN_OF_WHISPER)
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("first", type=Path, help="half-precision weights")
    parser.add_argument("second", type=Path, help="others, or Whisper's checkpoint")
    parser.add_argument("--share", type=float, required=True, help="of the first, 0 to 1")
    parser.add_argument("--whisper", action="store_true", help="the second is Whisper's")
    args = parser.parse_args()
    second = of_whisper(args.second) if args.whisper else saved_weights.read(args.second)
    weights = mixed(saved_weights.read(args.first), second, args.share)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in ("tokens.model", "tokens.txt", "words.txt", PIECES, TABLE):
        file = companion(args.first.parent, name)
        if file.exists():
            shutil.copy(file, args.out / name)
    torch.save(saved_weights.compact(weights, args.out), args.out / WEIGHTS)
    print(f"{args.out / WEIGHTS}: {args.share:g} of {args.first}")


if __name__ == "__main__":
    main()
