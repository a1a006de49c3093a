"""The attention decoder on the edge runtime, the second `networks.network.AttentionDecoder`.

Its products are programs of 4- or 8-bit kernels. Attention, a few rows with
encoder outputs and with the pieces so far, is NumPy's: it has no weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import LAST_POSITION, EncodeWithInner, Floats, PieceTree
from assistant.asr.networks.piece_tree import Branches, NodeArray
from assistant.asr.vocabulary.word_pieces import WordPieces
from assistant.edge import attention_decoder_program
from assistant.edge.matrix import Lookup
from assistant.edge.model import EdgeModel
from assistant.edge.program import Program
from assistant.edge.runner import Runner


class EdgeAttentionDecoder:
    """Writes word pieces by a packed model."""

    def __init__(self, model: EdgeModel, runner: Runner, encode: EncodeWithInner) -> None:
        self.pieces = WordPieces(model.word_pieces())
        self.encode = encode
        self._model, self._runner = model, runner
        shape = model.settings
        self.layers, self.heads = shape.decoder_layers, shape.heads
        self.size = shape.width // shape.heads
        self._positions = model.floats("decoder.positions")
        self._table = Lookup(model.matrix("decoder.out"))

    def tree(self, inner: Floats) -> PieceTree:
        """See `AttentionDecoder`; `inner` is normalised already."""
        return _EdgePieceTree(self, inner)

    def rows(self, pieces: Sequence[int], positions: NDArray[np.int64]) -> Floats:
        """What the first layer takes [N, W] of pieces at their positions."""
        rows = np.array([self._table.row(piece) for piece in pieces])
        return rows + self._positions[np.minimum(positions, LAST_POSITION)]

    def run(self, kind: str, layer: int, inputs: dict[str, Floats]) -> Floats:
        """What a layer's program of a kind makes of some rows, alike many of each input."""
        count = len(next(iter(inputs.values())))
        make = _MAKERS[kind]
        model = self._model
        key = (f"decoder.{kind}", layer, count)
        output, _ = self._runner.run(key, lambda: make(model, count, layer), inputs)
        return output


_MAKERS: Final[dict[str, Callable[[EdgeModel, int, int], Program]]] = {
    "cross_kv": attention_decoder_program.cross_kv,
    "self_attention": attention_decoder_program.self_attention,
    "cross_attention": attention_decoder_program.cross_attention,
    "feed_forward": attention_decoder_program.feed_forward,
}


class _EdgePieceTree:
    """All new nodes go through a layer together; each attends to its own branch.

    The cross-attention's keys and values are float32 [layers, heads, W / heads, T] and [layers,
    heads, T, W / heads]; the nodes' alike.
    """

    def __init__(self, decoder: EdgeAttentionDecoder, inner: Floats) -> None:
        self._decoder = decoder
        layers, heads, size = decoder.layers, decoder.heads, decoder.size
        self._scale = np.float32(size**-0.5)
        self._heard_keys = np.empty((layers, heads, size, len(inner)), np.float32)
        self._heard_values = np.empty((layers, heads, len(inner), size), np.float32)
        for layer in range(layers):
            made = decoder.run("cross_kv", layer, {"inner": inner})
            key, value = made.reshape(len(inner), 2, heads, size).transpose(1, 2, 0, 3)
            self._heard_keys[layer] = key.swapaxes(1, 2)
            self._heard_values[layer] = value
        self._branches = Branches()
        self._keys = NodeArray((layers, heads, size), axis=3)
        self._values = NodeArray((layers, heads, size), axis=2)

    def grow(self, parents: Sequence[int], pieces: Sequence[int]) -> Floats:
        """See `PieceTree`."""
        count, decoder = len(pieces), self._decoder
        width = decoder.heads * decoder.size
        keys, values = self._keys.grow(count), self._values.grow(count)
        branches = self._branches.grow(parents)
        others = np.full((count, keys.shape[3]), -np.inf, np.float32)
        for row, branch in enumerate(branches):
            others[row, branch] = 0.0
        positions = np.array([len(branch) - 1 for branch in branches])
        made = decoder.run("self_attention", 0, {"x": decoder.rows(pieces, positions)})
        for layer in range(decoder.layers):
            query, key, value = self._by_head(made[:, width:])
            keys[layer, :, :, -count:] = key.swapaxes(1, 2)
            values[layer, :, -count:] = value
            mixed = self._attended(query, keys[layer], values[layer], others)
            inputs = {"x": made[:, :width], "mixed": mixed}
            made = decoder.run("cross_attention", layer, inputs)
            (query,) = self._by_head(made[:, width:])
            mixed = self._attended(query, self._heard_keys[layer], self._heard_values[layer])
            inputs = {"x": made[:, :width], "mixed": mixed}
            made = decoder.run("feed_forward", layer, inputs)
        made -= made.max(axis=1, keepdims=True)
        made -= np.log(np.exp(made).sum(axis=1, keepdims=True))
        return made

    def _by_head(self, made: Floats) -> Floats:
        """Rows [N, parts W] as [parts, heads, N, W / heads]."""
        heads, size = self._decoder.heads, self._decoder.size
        return made.reshape(len(made), -1, heads, size).transpose(1, 2, 0, 3)

    def _attended(
        self, query: Floats, keys: Floats, values: Floats, others: Floats | None = None
    ) -> Floats:
        """Values [heads, T, W / heads] weighed by queries [heads, N, W / heads], as [N, W]."""
        scores = np.matmul(query * self._scale, keys, dtype=np.float32)
        if others is not None:
            scores += others
        mixed = _softmax(scores) @ values
        return mixed.swapaxes(0, 1).reshape(mixed.shape[1], -1)


def _softmax(scores: Floats) -> Floats:
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True), np.float32)
