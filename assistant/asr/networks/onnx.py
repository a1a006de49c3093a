"""A transducer's network on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from assistant.asr.networks.manifest import (
    CROSS_KV,
    DECODER_STEP,
    INNER,
    PIECES,
    Manifest,
    ModelError,
    check_files,
    optional_files,
    read_manifest,
)
from assistant.asr.networks.network import (
    LAST_POSITION,
    EncodeWithInner,
    Floats,
    PieceTree,
    State,
)
from assistant.asr.networks.piece_tree import Branch, Branches, NodeArray
from assistant.asr.vocabulary.tokens import read_tokens
from assistant.asr.vocabulary.word_pieces import WordPieces

TYPES: Final = {
    "tensor(float)": np.float32,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
}


def session(path: Path, *, optimised: bool = False) -> onnxruntime.InferenceSession:
    """A session on one thread that holds little memory; `optimised`: the file's graph already is.

    Raises:
        ModelError: the file is no model that this runtime can load.

    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # The arena keeps its peak for ever; these tensors are small and the same each time.
    options.enable_cpu_mem_arena = False
    if optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    except Exception as error:
        # The runtime's errors have no public base class.
        raise ModelError(f"{path} cannot be loaded: {error}") from error


class OnnxNetwork:
    """The network of a model folder in Hearth's form."""

    look_ahead_frames = 0

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        tokens: tuple[str, ...],
        *,
        attention_decoder: bool = True,
    ) -> None:
        self.name = manifest.name
        self.sample_rate = manifest.sample_rate
        self.mels = manifest.mels
        self.chunk_frames = manifest.chunk_frames
        self.frame_multiple = manifest.frame_multiple
        self.whole_frames = manifest.whole_frames
        self.blank_id = manifest.blank_id
        self.eos_id = manifest.eos_id
        self.context_size = manifest.context_size
        self.tokens = tokens
        self._encoder = session(folder / "encoder.onnx")
        self._predictor = session(folder / "predictor.onnx")
        self._joiner = session(folder / "joiner.onnx")
        self.attention_decoder: OnnxAttentionDecoder | None = None
        parts = manifest.listed(CROSS_KV), manifest.listed(DECODER_STEP)
        if attention_decoder and parts[0] and parts[1]:
            self.attention_decoder = OnnxAttentionDecoder(
                folder / parts[0],
                folder / parts[1],
                WordPieces.read(folder / PIECES),
                self._with_inner,
            )
        outputs = [output.name for output in self._encoder.get_outputs()]
        # What nobody asks for is not copied out of the runtime.
        self._outputs = [name for name in outputs if name != INNER]
        _, *states = self._encoder.get_inputs()
        self._states = [state.name for state in states]
        self._initial = tuple(np.zeros(state.shape, TYPES[state.type]) for state in states)
        nothing = np.zeros((self.chunk_frames, self.mels), np.float32)
        self.frames_per_output = self.chunk_frames // len(self.encode(nothing, self._initial)[0])

    @classmethod
    def load(cls, folder: Path, *, attention_decoder: bool = True) -> OnnxNetwork:
        """Load a folder after checking its files; the attention decoder where that is wanted.

        Raises:
            ModelError: a file is missing, damaged or of an unknown form; the message names it.

        """
        manifest = read_manifest(folder)
        check_files(folder, manifest, optional=optional_files(attention_decoder=attention_decoder))
        tokens = read_tokens(folder / "tokens.txt")
        return cls(folder, manifest, tokens, attention_decoder=attention_decoder)

    def initial_state(self) -> State:
        """The encoder's state before any audio: zeros."""
        return self._initial

    def encode(self, features: Floats, state: State) -> tuple[Floats, State]:
        """Features [N, mels] to encoder outputs [M, D] and the state after them."""
        encoded, *after = self._run(self._outputs, features, state)
        return encoded[0], tuple(after)

    def _with_inner(self, features: Floats, state: State) -> tuple[Floats, Floats, State]:
        encoded, *after, inner = self._run([*self._outputs, INNER], features, state)
        return encoded[0], inner[0], tuple(after)

    def _run(self, outputs: list[str], features: Floats, state: State) -> list[Floats]:
        inputs = dict(zip(self._states, state, strict=True))
        made: list[Floats] = self._encoder.run(outputs, {"features": features[None], **inputs})
        return made

    def predict(self, contexts: NDArray[np.int64]) -> Floats:
        """Last tokens [B, context_size] to predictor outputs [B, P].

        Several at once would share a scale of numbers.
        """
        return np.concatenate(
            [self._predictor.run(None, {"y": each[None]})[0] for each in contexts]
        )

    def join(self, encoded: Floats, predicted: Floats) -> Floats:
        """See `Network`."""
        repeated = np.broadcast_to(encoded, (len(predicted), encoded.shape[-1]))
        inputs = {"encoder_out": repeated, "predictor_out": predicted}
        scores: Floats = self._joiner.run(None, inputs)[0]
        return scores


class OnnxAttentionDecoder:
    """The attention decoder of a model folder in Hearth's form."""

    def __init__(
        self, cross_kv: Path, step: Path, pieces: WordPieces, encode: EncodeWithInner
    ) -> None:
        self.pieces = pieces
        self.encode = encode
        self._cross_kv = session(cross_kv)
        self._step = session(step)

    def tree(self, inner: Floats) -> PieceTree:
        """See `AttentionDecoder`."""
        cross_kv: State = tuple(self._cross_kv.run(None, {INNER: inner[None]}))
        return _OnnxPieceTree(self._step, cross_kv)


class _OnnxPieceTree:
    """The network takes pieces of one position at a time, and their past."""

    def __init__(self, step: onnxruntime.InferenceSession, cross_kv: State) -> None:
        self._step, self._cross_kv = step, cross_kv
        self._names = [each.name for each in step.get_inputs()]
        layers, _, heads, _, size = step.get_inputs()[-1].shape
        self._branches = Branches()
        self._past = tuple(NodeArray((layers, heads, size), axis=2) for _ in range(2))
        """Keys and values [layers, heads, nodes, size]."""

    def grow(self, parents: Sequence[int], pieces: Sequence[int]) -> Floats:
        """See `PieceTree`."""
        past = [each.grow(len(pieces)) for each in self._past]
        alike: dict[int, list[tuple[int, Branch]]] = {}
        for row, branch in enumerate(self._branches.grow(parents)):
            alike.setdefault(len(branch), []).append((row, branch))
        found: dict[int, Floats] = {}
        for length in sorted(alike):
            rows, branches = zip(*alike[length], strict=True)
            nodes = np.array(branches)
            values = (
                np.array([pieces[row] for row in rows]),
                np.array([min(length - 1, LAST_POSITION)]),
                *self._cross_kv,
                *(part[:, :, nodes[:, :-1]].swapaxes(1, 2) for part in past),
            )
            log_probs, *after = self._step.run(None, dict(zip(self._names, values, strict=True)))
            for part, of_branch in zip(past, after, strict=True):
                part[:, :, nodes[:, -1]] = of_branch[:, :, :, -1].swapaxes(1, 2)
            found |= zip(rows, log_probs, strict=True)
        return np.stack([found[row] for row in range(len(pieces))])
