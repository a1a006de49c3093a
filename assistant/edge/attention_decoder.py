"""The attention decoder on the edge runtime, the second `networks.network.AttentionDecoder`.

Its products are programs of 4- or 8-bit kernels. Attention, a few rows with
encoder outputs and with the pieces so far, is NumPy's: it has no weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import EncodeWithInner, Floats, State, no_past
from assistant.asr.vocabulary.word_pieces import WordPieces
from assistant.edge import attention_decoder_program
from assistant.edge.matrix import Lookup
from assistant.edge.model import EdgeModel
from assistant.edge.program import Program
from assistant.edge.runner import Runner


class EdgeAttentionDecoder:
    """Writes word pieces by a packed model.

    The cross-attention's keys and values are float32 [layers, heads, W / heads, T] and [layers,
    heads, T, W / heads]; the past's are float32 [layers, B, heads, U, W / heads].
    """

    def __init__(self, model: EdgeModel, runner: Runner, encode: EncodeWithInner) -> None:
        self.pieces = WordPieces(model.word_pieces())
        self.encode = encode
        self._model, self._runner = model, runner
        shape = model.settings
        self._layers, self._heads = shape.decoder_layers, shape.heads
        self._size = shape.width // shape.heads
        self._scale = np.float32(self._size**-0.5)
        self._positions = model.floats("decoder.positions")
        self._table = Lookup(model.matrix("decoder.out"))

    def cross_kv(self, inner: Floats) -> State:
        """See `AttentionDecoder`; `inner` is normalised already."""
        keys = np.empty((self._layers, self._heads, self._size, len(inner)), np.float32)
        values = np.empty((self._layers, self._heads, len(inner), self._size), np.float32)
        for layer in range(self._layers):
            made = self._run("cross_kv", layer, {"inner": inner})
            key, value = made.reshape(len(inner), 2, self._heads, self._size).swapaxes(0, 1)
            keys[layer] = key.transpose(1, 2, 0)
            values[layer] = value.swapaxes(0, 1)
        return keys, values

    def initial_past(self, sentences: int) -> State:
        """See `AttentionDecoder`."""
        return no_past(self._layers, sentences, self._heads, self._size)

    def step(
        self, pieces: NDArray[np.int64], position: int, cross_kv: State, past: State
    ) -> tuple[Floats, State]:
        """See `AttentionDecoder`."""
        width, count = self._heads * self._size, len(pieces)
        rows = np.array([self._table.row(int(piece)) for piece in pieces])
        made = self._run("self_attention", 0, {"x": rows + self._positions[position]})
        after: tuple[list[Floats], list[Floats]] = [], []
        for layer in range(self._layers):
            x, projected = made[:, :width], made[:, width:]
            query, key, value = projected.reshape(count, 3, self._heads, 1, self._size).transpose(
                1, 0, 2, 3, 4
            )
            keys = np.concatenate([past[0][layer], key], axis=2)
            values = np.concatenate([past[1][layer], value], axis=2)
            after[0].append(keys)
            after[1].append(values)
            weights = _softmax((query * self._scale) @ keys.swapaxes(2, 3))
            mixed = (weights @ values).reshape(count, width)
            made = self._run("cross_attention", layer, {"x": x, "mixed": mixed})
            query = made[:, width:].reshape(count, self._heads, self._size).swapaxes(0, 1)
            weights = _softmax((query * self._scale) @ cross_kv[0][layer])
            mixed = (weights @ cross_kv[1][layer]).swapaxes(0, 1).reshape(count, width)
            made = self._run("feed_forward", layer, {"x": made[:, :width], "mixed": mixed})
        made -= made.max(axis=1, keepdims=True)
        made -= np.log(np.exp(made).sum(axis=1, keepdims=True))
        return made, (np.stack(after[0]), np.stack(after[1]))

    def _run(self, kind: str, layer: int, inputs: dict[str, Floats]) -> Floats:
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


def _softmax(scores: Floats) -> Floats:
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True), np.float32)
