"""A published transducer's files: which of those in a folder are its parts.

sherpa-onnx's models come as `encoder.onnx`, `encoder-epoch-99-avg-1.onnx`,
`encoder-epoch-99-avg-1-chunk-16-left-128.int8.onnx` and so on, often in several precisions side by
side.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from assistant.asr.networks.manifest import NAME, ModelError

TOKENS: Final = "tokens.txt"
_SMALL_FIRST: Final = (".int8", ".fp16", "")
_EXACT_FIRST: Final = ("", ".fp16", ".int8")
PARTS: Final = {"encoder": _SMALL_FIRST, "decoder": _EXACT_FIRST, "joiner": _SMALL_FIRST}
"""The parts, and which precision is taken of several: the decoder (which we call predictor) is a
small one whose outputs are kept, so rounding it would save nothing."""


def is_published(folder: Path) -> bool:
    """Whether a folder holds such a model, complete or not, and none in Hearth's form."""
    begun = (folder / TOKENS).exists() or any(folder.glob("encoder*.onnx"))
    return begun and not (folder / NAME).exists()


def published_files(folder: Path) -> dict[str, Path]:
    """The file of each part.

    Raises:
        ModelError: one is missing, or several could be it.

    """
    if not (folder / TOKENS).is_file():
        raise ModelError(f"{folder / TOKENS} is missing: copy it from the published model")
    return {part: _chosen(folder, part, order) for part, order in PARTS.items()}


def _chosen(folder: Path, part: str, order: tuple[str, ...]) -> Path:
    files = sorted(folder.glob(f"{part}*.onnx"))
    if not files:
        raise ModelError(
            f"{folder / part}.onnx is missing: copy it from the published model (a name such as"
            f" {part}-epoch-99-avg-1.int8.onnx will do)"
        )
    best = min(order.index(_precision(path)) for path in files)
    chosen = [path for path in files if order.index(_precision(path)) == best]
    if len(chosen) > 1:
        names = " or ".join(path.name for path in chosen)
        raise ModelError(f"{folder} has several files for one part, {names}: leave one there")
    return chosen[0]


def _precision(path: Path) -> str:
    suffix = Path(path.stem).suffix
    return suffix if suffix in _SMALL_FIRST else ""
