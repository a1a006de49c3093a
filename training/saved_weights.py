"""Weights in half precision: `python -m training.saved_weights tiny.en.pt gpt2.tiktoken`.

The vectors of the attention decoder's word pieces stay as Whisper has them (`training.train`). So
they are no part of saved weights where a table of them lies beside, 20 MB that every model shares:
a checksum stands in their place. The command makes that table for the weights in the repository,
from Whisper's checkpoint and its list of pieces (docs/training.md says where both are).
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from assistant.asr.networks.manifest import PIECES
from assistant.asr.vocabulary.word_pieces import WordPieces
from assistant.config.shipped import shipped
from training import word_pieces
from training.model import DECODER

WEIGHTS: Final = "weights.pt"
TABLE: Final = "pieces.npy"
RELEASED: Final = Path(__file__).parent / "weights"
"""Where weights of releases lie, a folder each; what they share lies here, or with the model."""
_LISTS: Final = shipped("models") / "en-small"
_VECTORS: Final = f"{DECODER}token_embedding.weight"


def companion(folder: Path, name: str) -> Path:
    """A file of the vocabulary of weights in `folder`; a release shares it with the others."""
    own = folder / name
    if own.exists() or folder.resolve().parent != RELEASED.resolve():
        return own
    return next((file for file in (RELEASED / name, _LISTS / name) if file.exists()), own)


def read(path: Path) -> dict[str, Tensor]:
    """The weights in a file, with the vectors of pieces.

    Raises:
        ValueError: they are Whisper's, and the table of them is missing or another one.

    """
    saved: dict[str, Tensor | str] = torch.load(path, map_location="cpu", weights_only=True)
    checksum = saved.get(_VECTORS)
    if isinstance(checksum, str):
        saved[_VECTORS] = _table(companion(path.parent, TABLE), checksum)
    return {name: value for name, value in saved.items() if isinstance(value, Tensor)}


def read_transducer(path: Path) -> dict[str, Tensor]:
    """The weights in a file without those of an attention decoder, so no table is needed."""
    saved: dict[str, Tensor | str] = torch.load(path, map_location="cpu", weights_only=True)
    return {
        name: value
        for name, value in saved.items()
        if isinstance(value, Tensor) and not name.startswith(DECODER)
    }


def compact(weights: Mapping[str, Tensor], folder: Path) -> dict[str, Tensor | str]:
    """What to save in `folder`: half precision, and no vectors that its table has already."""
    half: dict[str, Tensor | str] = {name: value.half() for name, value in weights.items()}
    file, vectors = companion(folder, TABLE), half.get(_VECTORS)
    if isinstance(vectors, Tensor) and file.exists():
        table = torch.from_numpy(np.load(file))
        if torch.equal(table, vectors.cpu()):
            half[_VECTORS] = _checksum(table)
    return half


def write_table(vectors: Tensor, folder: Path) -> None:
    """Write the table of Whisper's vectors [pieces, width], in half precision as they are."""
    np.save(folder / TABLE, vectors.half().cpu().numpy())


def rewrite(path: Path) -> None:
    """Save weights again, without the vectors if a table has them by now."""
    temporary = path.with_suffix(".new")
    torch.save(compact(read(path), path.parent), temporary)
    temporary.replace(path)


def _table(file: Path, checksum: str) -> Tensor:
    if not file.exists():
        raise ValueError(f"{file} is missing: make {RELEASED / TABLE} with training.saved_weights")
    table = torch.from_numpy(np.load(file))
    # A mean of equal zeros may have lost the sign that some of Whisper's have: they are no others.
    if checksum not in (_checksum(table), _checksum(table + 0)):
        raise ValueError(f"{file} is not the table that the weights were trained with")
    return table


def _checksum(table: Tensor) -> str:
    return hashlib.sha256(table.numpy().tobytes()).hexdigest()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("whisper", type=Path, help="Whisper's checkpoint, tiny.en.pt")
    parser.add_argument("ranks", type=Path, help="its pieces, gpt2.tiktoken")
    parser.add_argument(
        "weights", type=Path, nargs="*", help="files in training/weights to save again without them"
    )
    args = parser.parse_args()
    pieces = WordPieces.read(_LISTS / PIECES)
    sources = word_pieces.sources(pieces, word_pieces.read_ranks(args.ranks))
    saved = torch.load(args.whisper, map_location="cpu", weights_only=True)["model_state_dict"]
    write_table(saved[_VECTORS][sources], RELEASED)
    print(f"{RELEASED / TABLE}: {len(sources)} vectors")
    for path in args.weights:
        rewrite(path)
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
