"""A small random transducer in NumPy: real scores, no training."""

import numpy as np

from assistant.asr.vocabulary.word_pieces import SPECIAL, WordPieces

TOKENS = ("<blk>", "<unk>", "</s>", "▁a", "▁b", "▁c", "d", "e", "f", "▁")
"""Enough for words of several tokens, ambiguous cuts and names."""


class ToyNetwork:
    """Scores depend on four frames of features, on those before them, and on the last tokens."""

    name = "toy"
    sample_rate = 16_000
    mels = 80
    chunk_frames = 32
    frame_multiple = 4
    whole_frames = 0
    attention_decoder = None
    look_ahead_frames = 0
    frames_per_output = 4
    blank_id = 0
    eos_id = 2

    def __init__(self, seed=0, tokens=TOKENS, context_size=2, sharpness=3.0, blank=2.0):
        rng = np.random.default_rng(seed)
        self.tokens = tokens
        self.context_size = context_size
        self._encode = rng.standard_normal((self.mels * 4, 8), np.float32) / 6
        self._memory = rng.standard_normal((8, 8), np.float32) / 4
        self._embed = rng.standard_normal((context_size, len(tokens), 8), np.float32)
        self._out = sharpness * rng.standard_normal((8, len(tokens)), np.float32)
        self._bias = np.where(np.arange(len(tokens)) < 3, -4.0, 0.0).astype(np.float32)
        self._bias[0] = blank

    def initial_state(self):
        return (np.zeros(8, np.float32),)

    def encode(self, features, state):
        assert len(features) % self.frame_multiple == 0
        assert len(features) <= max(self.chunk_frames, self.whole_frames)
        (memory,) = state
        outputs = []
        for stacked in features.reshape(-1, 4 * self.mels):
            memory = np.tanh(stacked @ self._encode + memory @ self._memory)
            outputs.append(memory)
        return np.array(outputs, np.float32).reshape(-1, 8), (memory,)

    def predict(self, contexts):
        return sum(self._embed[i, contexts[:, i]] for i in range(self.context_size))

    def join(self, encoded, predicted):
        return np.tanh(encoded + predicted) @ self._out + self._bias


LETTERS = (*SPECIAL, "▁", *"abcdef", "▁a", "de")


class ToyAttentionDecoder:
    """Scores depend on the mean of what was heard, on the last piece and on the position."""

    def __init__(self, network, sharpness=1.0, unlikely="", seed=3):
        rng = np.random.default_rng(seed)
        self.pieces = WordPieces(LETTERS)
        self._network = network
        self._heard = sharpness * rng.standard_normal((8, len(LETTERS)), np.float32)
        self._last = sharpness * rng.standard_normal((len(LETTERS), len(LETTERS)), np.float32)
        self._unlikely = np.array([20.0 * (piece == unlikely) for piece in LETTERS], np.float32)

    def encode(self, features, state):
        outputs, state = self._network.encode(features, state)
        return outputs, np.repeat(outputs, 2, axis=0), state

    def tree(self, inner):
        return ToyPieceTree(self, inner.mean(axis=0))

    def after(self, heard, pieces):
        """Log-probabilities [V] of what follows some pieces."""
        before = sum(piece + position for position, piece in enumerate(pieces[:-1]))
        scores = heard @ self._heard + self._last[pieces[-1]] * np.cos(np.float32(before))
        scores = scores - self._unlikely
        return (scores - np.log(np.exp(scores).sum())).astype(np.float32)


class ToyPieceTree:
    def __init__(self, decoder, heard):
        self._decoder, self._heard, self._branches = decoder, heard, []

    def grow(self, parents, pieces):
        first = len(self._branches)
        for parent, piece in zip(parents, pieces, strict=True):
            before = self._branches[parent] if parent >= 0 else []
            self._branches.append([*before, piece])
        new = self._branches[first:]
        return np.array([self._decoder.after(self._heard, branch) for branch in new])
