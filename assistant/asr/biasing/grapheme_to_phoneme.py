"""How words are said, by their letters: a small network for where espeak-ng is not installed.

Two layers of gated recurrent units (Cho et al., 2014) read a word in both directions; after each
letter up to two phonemes may follow, as connectionist temporal classification reads them (Graves
et al., 2006), in every accent at once. Recurrent networks for this: Rao et al.,
"Grapheme-to-phoneme conversion using long short-term memory recurrent neural networks" (2015).
`training.spelling` trains it on what espeak-ng says, so it is no better than that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.biasing.phonemes import SIGNS
from assistant.asr.networks import int8_file
from assistant.asr.networks.network import Floats
from assistant.asr.networks.recurrent import gated_units

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz'"
"""What words are written with, as the recogniser writes them."""
FOR_LETTER: Final = 2
"""Phonemes that one letter may stand for; more where the letters beside it are silent."""
LAYERS: Final = 2
_AT_ONCE: Final = 1024


class GraphemeToPhoneme:
    """The network, by its weights, named as PyTorch does; `signs` are its phonemes."""

    def __init__(self, weights: Mapping[str, Floats], signs: str) -> None:
        self.signs = signs
        self._weights = weights
        self._accents = len(weights["out.weight"]) // (FOR_LETTER * (1 + len(signs)))

    @classmethod
    def load(cls, file: Path) -> GraphemeToPhoneme:
        """The network in a file as `training.spelling` writes it.

        Raises:
            OSError, ValueError, KeyError, BadZipFile: it cannot be read, or is something else.

        """
        arrays = int8_file.read(file)
        signs = str(arrays.pop(SIGNS))
        return cls(arrays, signs)

    def __call__(self, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Phonemes of words in each accent; words with other letters are left out."""
        by_length = defaultdict[int, list[str]](list)
        for word in dict.fromkeys(words):
            if word and set(word) <= set(LETTERS):
                by_length[len(word)].append(word)
        known: dict[str, tuple[str, ...]] = {}
        for alike in by_length.values():
            for at in range(0, len(alike), _AT_ONCE):
                part = alike[at : at + _AT_ONCE]
                best = self.scores(numbered(part)).argmax(-1)
                known |= zip(part, map(self._said, best), strict=True)
        return known

    def scores(self, letters: NDArray[np.int64]) -> Floats:
        """Of words alike in length, int [N, L], scores [N, accents, 2 L, 1 + P]; blank is 0."""
        x = self._weights["letters.weight"][letters]
        for layer in range(LAYERS):
            forth = self._read(x, f"l{layer}")
            back = self._read(x[:, ::-1], f"l{layer}_reverse")[:, ::-1]
            x = np.concatenate([forth, back], axis=2)
        scores = x @ self._weights["out.weight"].T + self._weights["out.bias"]
        words, length = letters.shape
        parts = scores.reshape(words, length, self._accents, FOR_LETTER, -1)
        return np.asarray(
            parts.transpose(0, 2, 1, 3, 4).reshape(words, self._accents, FOR_LETTER * length, -1),
            np.float32,
        )

    def _read(self, x: Floats, name: str) -> Floats:
        """One layer in one direction: [N, L, in] to [N, L, units]."""
        of_state = self._weights[f"units.weight_hh_{name}"].T
        state_bias = self._weights[f"units.bias_hh_{name}"]
        inputs = x @ self._weights[f"units.weight_ih_{name}"].T
        inputs += self._weights[f"units.bias_ih_{name}"]
        state = np.zeros((len(x), len(of_state)), np.float32)
        return gated_units(inputs.swapaxes(0, 1), of_state, state_bias, state).swapaxes(0, 1)

    def _said(self, best: NDArray[np.int64]) -> tuple[str, ...]:
        """The phonemes that the likeliest numbers [accents, 2 L] stand for."""
        return tuple(
            "".join(self.signs[number - 1] for number, _ in groupby(each) if number)
            for each in best.tolist()
        )


def numbered(words: list[str]) -> NDArray[np.int64]:
    """Letters of words alike in length, as numbers: [N, L]."""
    return np.array([[LETTERS.index(letter) for letter in word] for word in words], np.int64)
