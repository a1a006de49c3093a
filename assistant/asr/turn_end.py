"""Whether the turn is over, by how the last words were said.

A small network looks at the last outputs of the first pass's encoder, in which the melody of a
voice and the length of its syllables leave traces: words that go on sound otherwise than words that
end. It pools them by attention over time and was trained by `training/train_turns.py`. Plain NumPy,
half a millisecond, and only when somebody looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats

OUTPUTS: Final = 40
"""How many encoder outputs it looks at: 1.6 s, the pause included."""


class TurnEndNetwork:
    """The network; width W of what it makes of an output, H heads, D inputs.

    `weights` have the names and shapes of `training.train_turns.TurnEndNetwork`: `input.weight`
    [W, D], `beside.weight` [W, W, 3], `attention.weight` [H, W], `place` [OUTPUTS, H],
    `hidden.weight` [K, H * W], `last.weight` [1, K], all but `place` with a bias.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.floating]]) -> None:
        """Raises `ValueError` or `KeyError` where the weights are those of something else."""
        self._weights = {name: np.asarray(each, np.float32) for name, each in weights.items()}
        self._beside = np.concatenate(np.moveaxis(self._weights["beside.weight"], 2, 0), 1)
        self.inputs = int(self._weights["input.weight"].shape[1])
        """Numbers in an encoder output, D."""
        if not np.isfinite(self.log_odds(np.zeros((1, self.inputs), np.float32))):
            raise ValueError("weights that are no numbers")

    @classmethod
    def load(cls, path: Path) -> Self:
        """The network in a file; raises what `__init__` does, `OSError` and `BadZipFile`."""
        with np.load(path) as stored:
            return cls({name: stored[name] for name in stored.files})

    def log_odds(self, outputs: Floats) -> float:
        """Natural log of the odds that the turn is over; the encoder's last outputs, [T, D]."""
        values = _positive(self._through("input", padded(outputs)))
        apart = np.pad(values, ((1, 1), (0, 0)))
        around = np.concatenate([apart[:-2], apart[1:-1], apart[2:]], 1)
        values = values + _positive(around @ self._beside.T + self._weights["beside.bias"])
        scores = self._through("attention", values) + self._weights["place"]
        shares = np.exp(scores - scores.max(0))
        pooled = (shares / shares.sum(0)).T @ values
        hidden = _positive(self._through("hidden", pooled.reshape(-1)))
        return float(self._through("last", hidden)[0])

    def _through(self, name: str, values: Floats) -> Floats:
        return values @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]


def padded(outputs: Floats) -> Floats:
    """The last `OUTPUTS` of encoder outputs [T, D], after zeros where there are fewer."""
    last = outputs[-OUTPUTS:]
    return np.pad(last, ((OUTPUTS - len(last), 0), (0, 0)))


def _positive(values: Floats) -> Floats:
    return np.maximum(values, np.float32(0.0))
