"""What a transducer's network computes: the seam between the search and a runtime.

ONNX Runtime is one implementation, the edge runtime another. The search knows neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.asr.vocabulary.word_pieces import WordPieces

Floats = NDArray[np.float32]
State = tuple[NDArray[np.generic], ...]
"""What the encoder remembers of a stream. Never changed in place, so keeping one is a copy."""


EncodeWithInner = Callable[[Floats, State], tuple[Floats, Floats, State]]
"""`AttentionDecoder.encode`, which a network lends to its decoder."""


LAST_POSITION: Final = 120
"""Of a piece that an attention decoder knows; what comes after counts as if it stood there."""


class PieceTree(Protocol):
    """Beginnings of sentences that an attention decoder has seen, a node for each piece.

    Sentences that begin alike share nodes, and all new nodes are computed at once.
    """

    def grow(self, parents: Sequence[int], pieces: Sequence[int]) -> Floats:
        """Log-probabilities [N, V] of what follows each of N new nodes.

        Nodes are numbered from 0 as they come. A parent is a node's number, of an earlier node or
        of one before it among these, or -1 where nothing comes before.
        """


class AttentionDecoder(Protocol):
    """An attention decoder: word pieces so far and encoder outputs to the next piece."""

    pieces: WordPieces

    def encode(self, features: Floats, state: State) -> tuple[Floats, Floats, State]:
        """As `Network.encode`, and after the outputs the encoder's inner ones [T, W]."""

    def tree(self, inner: Floats) -> PieceTree:
        """What may have been said where the encoder's inner outputs [T, W] were heard; no node."""


class Network(Protocol):
    """A streaming transducer: encoder with explicit state, stateless predictor, joiner."""

    name: str
    sample_rate: int
    mels: int
    chunk_frames: int
    """Feature frames (10 ms) that the encoder wants at a time."""
    frame_multiple: int
    """A shorter chunk, at the end of the audio, is a multiple of this."""
    whole_frames: int
    """Frames that the encoder may be given at once, for the second of two passes.

    0 where it was not trained for that.
    """
    look_ahead_frames: int
    """Frames after a chunk that the encoder wants to see with it; they come again in the next."""
    frames_per_output: int
    """Feature frames in one encoder output."""
    blank_id: int
    eos_id: int | None
    """The end-of-sentence token, which the search never emits; None when the model has none."""
    context_size: int
    """How many tokens the predictor sees."""
    tokens: tuple[str, ...]
    """The text of each token; `▁` begins a word."""

    @property
    def attention_decoder(self) -> AttentionDecoder | None:
        """The attention decoder; None where the model has none."""

    def initial_state(self) -> State:
        """The encoder's state before any audio."""

    def encode(self, features: Floats, state: State) -> tuple[Floats, State]:
        """Features [N, mels] to encoder outputs [M, D] and the state after them."""

    def predict(self, contexts: NDArray[np.int64]) -> Floats:
        """Last tokens of each hypothesis [B, context_size] to predictor outputs [B, P].

        Each as if it were alone: it is kept for later, and what an utterance is heard as must not
        depend on those before it.
        """

    def join(self, encoded: Floats, predicted: Floats) -> Floats:
        """Scores [B, V] of the tokens after predictor outputs [B, P].

        With one encoder output [D] for all of them, or one for each [B, D].
        """
