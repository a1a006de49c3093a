"""Weights of a small network in one `.npz` file: matrices as int8 with a scale for each row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

SCALE: Final = ".scale"
"""Ends the name of the scales of a matrix's rows."""
_LARGEST: Final = 127


def write(file: Path, weights: Mapping[str, NDArray[np.float32]], rest: Arrays) -> None:
    """Write weights, matrices of any number of dimensions rounded; what else there is, as it is."""
    stored = dict(rest)
    for name, matrix in weights.items():
        if matrix.ndim <= 1:
            stored[name] = matrix
            continue
        rows = matrix.reshape(len(matrix), -1)
        scale = np.maximum(np.abs(rows).max(1), 1e-8).astype(np.float32) / _LARGEST
        stored[name] = np.round(rows / scale[:, None]).astype(np.int8).reshape(matrix.shape)
        stored[name + SCALE] = scale
    np.savez_compressed(file, allow_pickle=False, **stored)


def read(file: Path) -> Arrays:
    """What `write` was given: matrices as float32, rounded.

    Raises:
        OSError, ValueError, KeyError, BadZipFile: it cannot be read, or is something else.

    """
    with np.load(file, allow_pickle=False) as stored:
        arrays = dict(stored)
    scales = {name: arrays.pop(name) for name in list(arrays) if name.endswith(SCALE)}
    for name, scale in scales.items():
        matrix = arrays[name.removesuffix(SCALE)].astype(np.float32)
        arrays[name.removesuffix(SCALE)] = matrix * scale.reshape(-1, *[1] * (matrix.ndim - 1))
    return arrays
