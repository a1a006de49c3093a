"""The language model that ships: an LSTM over subwords, on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from assistant.asr.networks.network import Floats
from assistant.asr.networks.onnx import session
from assistant.rescoring.language_model import Extension, Query
from assistant.rescoring.language_model_folder import LanguageModelManifest, read_manifest
from assistant.rescoring.subwords import START, Subwords

_BATCH = 128
"""Rows computed at once: enough to be quick, and they fit the cache."""


@dataclass(frozen=True, slots=True)
class History:
    """What was said, as the network remembers it.

    Histories with the same last words count as equal, whatever they began with: what the network
    remembers of longer ago seldom changes which word is likelier (history clustering, Liu et al.,
    2014).
    """

    words: tuple[str, ...]
    hidden: Floats = field(compare=False)
    """[H]"""
    cell: Floats = field(compare=False)
    """[H]"""
    log_probs: Floats = field(compare=False)
    """Of the next piece, [V]."""


@dataclass(slots=True)
class _Walk:
    """A word being read piece by piece; `place` is where its history stands."""

    pieces: tuple[int, ...]
    at: History
    log_prob: float = 0.0


class RecurrentLanguageModel:
    """Implements `LanguageModel` for a folder that `training.language_model` wrote."""

    def __init__(self, folder: Path, manifest: LanguageModelManifest) -> None:
        self.name = manifest.name
        self.weights = manifest.weights
        self._context = manifest.context_words
        self._subwords = Subwords.read(folder / "pieces.txt")
        self._session = session(folder / "model.onnx")
        width = self._session.get_inputs()[1].shape[1]
        nothing = np.zeros((1, width), np.float32)
        self.start = History((), *(row[0] for row in self._step([START], nothing, nothing)))

    @classmethod
    def load(cls, folder: Path) -> RecurrentLanguageModel:
        """Load a folder after checking its files.

        Raises:
            ModelError: it holds no usable language model; the message says which file is at fault.

        """
        return cls(folder, read_manifest(folder))

    def extend(self, queries: Sequence[Query]) -> list[Extension]:
        """The answer to each query, in their order."""
        walks = [_Walk(self._subwords.encode(query.word), _history(query)) for query in queries]
        number = 0
        while walking := [walk for walk in walks if number < len(walk.pieces)]:
            self._advance(walking, number)
            number += 1
        return [
            Extension(walk.log_prob, self._renamed(walk.at, query))
            for walk, query in zip(walks, queries, strict=True)
        ]

    def _advance(self, walks: Sequence[_Walk], number: int) -> None:
        """Read each word's piece of this number."""
        pieces = [walk.pieces[number] for walk in walks]
        for walk, piece in zip(walks, pieces, strict=True):
            walk.log_prob += float(walk.at.log_probs[piece])
        for at in range(0, len(walks), _BATCH):
            part = walks[at : at + _BATCH]
            rows = self._step(
                pieces[at : at + _BATCH],
                np.stack([walk.at.hidden for walk in part]),
                np.stack([walk.at.cell for walk in part]),
            )
            for walk, hidden, cell, log_probs in zip(part, *rows, strict=True):
                walk.at = History(walk.at.words, hidden, cell, log_probs)

    def _step(
        self, pieces: Sequence[int], hidden: Floats, cell: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Pieces [B] and states [B, H] to the states after them and what comes next [B, V]."""
        inputs = {"tokens": np.array(pieces, np.int64), "hidden": hidden, "cell": cell}
        log_probs, hidden, cell = self._session.run(None, inputs)
        return hidden, cell, log_probs

    def _renamed(self, history: History, query: Query) -> History:
        before = _history(query).words
        words = (*before, query.word)[-self._context :]
        return History(words, history.hidden, history.cell, history.log_probs)


def _history(query: Query) -> History:
    if not isinstance(query.state, History):
        raise TypeError("a state of another language model")
    return query.state
