"""The transducer's network on the edge runtime: the second implementation of `asr.network`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, Self, cast

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats, State
from assistant.edge import native, program
from assistant.edge.attention_decoder import EdgeAttentionDecoder
from assistant.edge.model import FILE_NAME, EdgeModel
from assistant.edge.program import Executor, Memory, Program
from assistant.edge.runner import Runner

MEL_CONTEXT: Final = 3
"""Feature frames before a chunk that its convolutions need."""
FRAMES_PER_STEP: Final = 2
"""Feature frames (10 ms) in one step of the attention layers."""
POSITIONS: Final = 1500
"""Positions until they start over."""
MOST_HYPOTHESES: Final = 256
"""Rows of the predictor and joiner in one go; more are done in several."""


class EdgeNetwork:
    """Streams audio features through a packed model; may be used by several threads.

    The state is `(frames, position, keys, key_scales, values, value_scales)`: the last feature
    frames, float32 [3, mels]; the number of steps so far, int64 [1]; and the attention's memory of
    at most `left` steps, as in `program.Memory`.
    """

    look_ahead_frames = 0

    def __init__(
        self,
        model: EdgeModel,
        executor: Executor | None = None,
        *,
        attention_decoder: bool = True,
    ) -> None:
        shape = model.settings
        self.model = model
        self._runner = Runner(executor or native.best())
        self.attention_decoder: EdgeAttentionDecoder | None = None
        if attention_decoder and shape.word_pieces:
            self.attention_decoder = EdgeAttentionDecoder(model, self._runner, self._with_inner)
        self.name = shape.name
        self.sample_rate = shape.sample_rate
        self.mels = shape.mels
        self.chunk_frames = shape.chunk * FRAMES_PER_STEP
        self.whole_frames = shape.whole * FRAMES_PER_STEP
        self.frames_per_output = self.frame_multiple = shape.stack * FRAMES_PER_STEP
        self.blank_id, self.eos_id = shape.blank, shape.eos
        self.context_size = shape.context
        self.tokens = model.tokens
        self._embedding = model.embedding()

    @property
    def executor(self) -> Executor:
        """What runs the programs."""
        return self._runner.executor

    @classmethod
    def load(
        cls, path: Path, executor: Executor | None = None, *, attention_decoder: bool = True
    ) -> Self:
        """Open a packed file, or the one in a model's folder; its decoder where that is wanted.

        Raises `EdgeFormatError` when it is corrupt and `OSError` when it cannot be read.
        """
        model = EdgeModel.load(path / FILE_NAME if path.is_dir() else path)
        return cls(model, executor, attention_decoder=attention_decoder)

    def initial_state(self) -> State:
        """The state before any audio."""
        shape = self.model.settings
        scales = np.zeros((shape.layers, 0, shape.heads), np.float32)
        return (
            np.zeros((MEL_CONTEXT, shape.mels), np.float32),
            np.zeros(1, np.int64),
            np.zeros((shape.layers, 0, shape.width), np.int8),
            scales,
            np.zeros((shape.layers, shape.width, 0), np.int8),
            scales,
        )

    def encode(self, features: Floats, state: State) -> tuple[Floats, State]:
        """Features [N, mels] to encoder outputs [N / 4, joint] and the state after them."""
        encoded, _, after = self._encode("encoder", features, state)
        return encoded, after

    def _with_inner(self, features: Floats, state: State) -> tuple[Floats, Floats, State]:
        encoded, inner, after = self._encode("encoder, inner", features, state)
        return encoded, cast("Floats", inner), after

    def _encode(
        self, kind: str, features: Floats, state: State
    ) -> tuple[Floats, Floats | None, State]:
        shape, frames = self.model.settings, len(features)
        most = max(self.chunk_frames, self.whole_frames)
        if not 0 < frames <= most or frames % self.frame_multiple:
            raise ValueError(
                f"{frames} frames; the encoder takes multiples of {self.frame_multiple}"
                f" up to {most}"
            )
        recent, position, *remembered = state
        steps, heard = frames // FRAMES_PER_STEP, int(position[0])
        memory = _extended(remembered, steps)
        inputs = np.concatenate([recent, features], dtype=np.float32)
        places = _positions(heard, steps, shape.width)
        given = {"features": inputs, "positions": places}
        encoded, inner = self._run(kind, frames, given, memory)
        kept = slice(max(0, memory.past + steps - shape.left), None)
        after: State = (
            inputs[-MEL_CONTEXT:],
            np.array([heard + steps]),
            memory.keys[:, kept],
            memory.key_scales[:, kept],
            memory.values[:, :, kept],
            memory.value_scales[:, kept],
        )
        return encoded, inner, after

    def predict(self, contexts: NDArray[np.int64]) -> Floats:
        """Last tokens of each hypothesis [B, context] to predictor outputs [B, joint]."""
        rows = self._embedding.rows(contexts).reshape(len(contexts), -1)
        parts = [self._run("predictor", len(part), {"embedded": part})[0] for part in _parts(rows)]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def join(self, encoded: Floats, predicted: Floats) -> Floats:
        """See `Network`."""
        pairs = zip(
            _parts(np.broadcast_to(encoded, predicted.shape)), _parts(predicted), strict=True
        )
        parts = [
            self._run("joiner", len(part), {"encoded": each, "predicted": part})[0]
            for each, part in pairs
        ]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def _run(
        self, kind: str, count: int, inputs: dict[str, Floats], memory: Memory | None = None
    ) -> tuple[Floats, Floats | None]:
        """Execute a part's program for `count` rows or frames."""
        make, model = _MAKERS[kind], self.model
        return self._runner.run((kind, 0, count), lambda: make(model, count), inputs, memory)


_MAKERS: Final[dict[str, Callable[[EdgeModel, int], Program]]] = {
    "encoder": program.encoder,
    "encoder, inner": partial(program.encoder, with_inner=True),
    "predictor": program.predictor,
    "joiner": program.joiner,
}


def _parts(rows: Floats) -> list[Floats]:
    if len(rows) <= MOST_HYPOTHESES:
        return [rows]
    return np.split(rows, range(MOST_HYPOTHESES, len(rows), MOST_HYPOTHESES))


def _extended(remembered: list[NDArray[np.generic]], steps: int) -> Memory:
    """A memory of its own with room for more steps; the old one is not touched."""
    keys, key_scales, values, value_scales = remembered
    past = keys.shape[1]
    layers, width, heads = keys.shape[0], keys.shape[2], key_scales.shape[2]
    memory = Memory(
        past,
        np.empty((layers, past + steps, width), np.int8),
        np.empty((layers, past + steps, heads), np.float32),
        np.empty((layers, width, past + steps), np.int8),
        np.empty((layers, past + steps, heads), np.float32),
    )
    memory.keys[:, :past] = keys
    memory.key_scales[:, :past] = key_scales
    memory.values[:, :, :past] = values
    memory.value_scales[:, :past] = value_scales
    return memory


def _positions(first: int, steps: int, width: int) -> Floats:
    """Whisper's positional encoding from a step on, which repeats: float32 [steps, width]."""
    return _position_table(width).take(range(first, first + steps), axis=0, mode="wrap")


@lru_cache(maxsize=4)
def _position_table(width: int) -> Floats:
    """Whisper's positional encoding: float32 [POSITIONS, width]."""
    rate = math.log(10_000) / (width // 2 - 1)
    rates = np.exp(-rate * np.arange(width // 2, dtype=np.float32))
    angles = np.arange(POSITIONS, dtype=np.float32)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1, dtype=np.float32)
