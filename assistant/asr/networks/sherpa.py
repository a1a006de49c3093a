"""Streaming transducers in the form in which icefall exports and sherpa-onnx publishes them.

The encoder's metadata say how many frames it is shown (`T`) and by how many it moves on
(`decode_chunk_len`); the others are look-ahead. Its first input is the features, the others are
its state, zeros at first, which comes back in the same order after the first output. So what the
state consists of, which differs from type to type, can be left to the graph.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.network import Floats, State
from assistant.asr.networks.onnx_part import OnnxPart
from assistant.asr.networks.published import TOKENS, published_files
from assistant.asr.vocabulary.byte_tokens import decoded
from assistant.asr.vocabulary.tokens import read_tokens

MODEL_TYPES: Final = ("zipformer2", "zipformer", "lstm")
NO_TOKEN: Final = -1
"""What the predictor is shown before the blank that begins a sentence."""


class SherpaNetwork:
    """The network of a folder in sherpa-onnx's form. Its tokens are given in lower case."""

    sample_rate = 16_000
    whole_frames = 0
    attention_decoder = None
    blank_id = 0
    eos_id: int | None = None

    def __init__(self, name: str, files: dict[str, Path], tokens: tuple[str, ...]) -> None:
        self.name = name
        self._encoder, self._predictor, self._joiner = (
            OnnxPart(files[part]) for part in ("encoder", "decoder", "joiner")
        )
        self._check_type()
        features, *initial = self._encoder.zeros()
        self._initial = tuple(initial)
        self.mels = features.shape[-1]
        self.chunk_frames = self.frame_multiple = self._encoder.number("decode_chunk_len")
        self.look_ahead_frames = self._look_ahead()
        self.context_size = self._predictor.number("context_size")
        self._token_type = self._predictor.zeros()[0].dtype
        self.tokens = self._vocabulary(tokens)
        self.frames_per_output = self._tried()

    @classmethod
    def load(cls, folder: Path) -> SherpaNetwork:
        """Load a folder.

        Raises:
            ModelError: a file is missing or cannot be used; the message names it.

        """
        files = published_files(folder)
        return cls(folder.name, files, read_tokens(folder / TOKENS))

    def _check_type(self) -> None:
        kind = self._encoder.text("model_type")
        if kind not in MODEL_TYPES:
            raise self._encoder.unsuitable(f"it is a {kind}, none of {', '.join(MODEL_TYPES)}")
        features = self._encoder.text("feature", "")
        if features:
            raise self._encoder.unsuitable(f"it wants {features} features, not Kaldi's")

    def _look_ahead(self) -> int:
        shown = self._encoder.number("T")
        if shown < self.chunk_frames:
            raise self._encoder.unsuitable(
                f"its metadata have T = {shown}, less than decode_chunk_len = {self.chunk_frames}"
            )
        return shown - self.chunk_frames

    def _vocabulary(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        """The tokens that the model has: a published list goes on with marks for other tools."""
        size = self._predictor.number("vocab_size")
        if len(tokens) < size:
            raise self._predictor.unsuitable(f"{TOKENS} has {len(tokens)} of its {size} tokens")
        return tuple(token.lower() for token in decoded(tokens[:size]))

    def _tried(self) -> int:
        """Run every part once, and return how many frames there are in one output."""
        window = np.zeros((self.chunk_frames + self.look_ahead_frames, self.mels), np.float32)
        encoded, _ = self.encode(window, self._initial)
        # Two hypotheses, as an export for one at a time could not be searched with.
        scores = self.join(encoded[0], self.predict(np.zeros((2, self.context_size), np.int64)))
        if scores.shape != (2, len(self.tokens)):
            raise self._joiner.unsuitable(
                f"it scores {scores.shape[-1]} tokens, the decoder knows {len(self.tokens)}"
            )
        return self.chunk_frames // len(encoded)

    def initial_state(self) -> State:
        """The encoder's state before any audio: zeros."""
        return self._initial

    def encode(self, features: Floats, state: State) -> tuple[Floats, State]:
        """Features [T, mels], of which the last are look-ahead, to outputs [M, D] and the state."""
        encoded, *after = self._encoder.run(features[None], *state)
        return encoded[0].astype(np.float32, copy=False), tuple(after)

    def predict(self, contexts: NDArray[np.int64]) -> Floats:
        """Last tokens [B, context_size] to predictor outputs [B, P].

        Several at once may share a scale of numbers.
        """
        padded = contexts.astype(self._token_type)
        padded[:, :-1][contexts[:, 1:] == self.blank_id] = NO_TOKEN
        predicted = np.concatenate([self._predictor.run(each[None])[0] for each in padded])
        return predicted.astype(np.float32, copy=False)

    def join(self, encoded: Floats, predicted: Floats) -> Floats:
        """See `Network`."""
        repeated = np.broadcast_to(encoded, (len(predicted), encoded.shape[-1]))
        return self._joiner.run(repeated, predicted)[0].astype(np.float32, copy=False)
