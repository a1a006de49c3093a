"""The attention decoder: it writes a sentence that has been heard whole, piece by piece.

It is Whisper's decoder (Radford et al., 2022; tiny.en, MIT licence, gives the starting weights)
with the pieces that English in lower case needs. In a two-pass recogniser such a decoder judges
and mends what a streaming transducer has heard, from the same encoder's outputs (Sainath et al.,
"Two-pass end-to-end speech recognition", 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.asr.vocabulary.word_pieces import END, START
from training.layers import Attention, feed_forward

SMOOTHING = 0.05
"""The part of a target that all other pieces share (Szegedy et al., 2016)."""
MOST_PIECES = 128
"""Positions; Whisper has 448, for half a minute of speech."""


class CrossAttention(Attention):
    """Multi-head attention from pieces to what was heard."""

    def heard(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values [B, T, W] of encoder outputs."""
        return self.key(encoded), self.value(encoded)

    def attend(self, x: Tensor, heard: tuple[Tensor, Tensor], mask: Tensor | None) -> Tensor:
        """From x [B, U, W]; `mask` broadcasts to [B, heads, U, T]."""
        return self.mixed(self.query(x), *heard, mask)


class DecoderBlock(nn.Module):
    """A pre-norm transformer layer that looks at the pieces so far and at what was heard."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = Attention(width, heads)
        self.attn_ln = nn.LayerNorm(width)
        self.cross_attn = CrossAttention(width, heads)
        self.cross_attn_ln = nn.LayerNorm(width)
        self.mlp = feed_forward(width)
        self.mlp_ln = nn.LayerNorm(width)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None,
        heard: tuple[Tensor, Tensor],
        heard_mask: Tensor | None,
    ) -> Tensor:
        """The layer's output [B, U, W]."""
        attended, _, _ = self.attn(self.attn_ln(x), None, mask)
        x = x + attended
        x = x + self.cross_attn.attend(self.cross_attn_ln(x), heard, heard_mask)
        out: Tensor = x + self.mlp(self.mlp_ln(x))
        return out


class AttentionDecoder(nn.Module):
    """Pieces so far and outputs of one of the encoder's layers to the next piece."""

    def __init__(self, width: int, heads: int, layers: int, pieces: int) -> None:
        super().__init__()
        self.ln_heard = nn.LayerNorm(width)
        self.token_embedding = nn.Embedding(pieces, width)
        self.positional_embedding = nn.Parameter(torch.zeros(MOST_PIECES, width))
        self.blocks = nn.ModuleList(DecoderBlock(width, heads) for _ in range(layers))
        self.ln = nn.LayerNorm(width)

    def layers(self) -> list[DecoderBlock]:
        """The transformer layers, the lowest first."""
        return cast("list[DecoderBlock]", list(self.blocks))

    def hear(self, encoded: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Keys and values of every layer, from encoder outputs [B, T, W]."""
        normal = self.ln_heard(encoded)
        return [block.cross_attn.heard(normal) for block in self.layers()]

    def scores(self, x: Tensor) -> Tensor:
        """Output of the last layer [..., W] to scores [..., pieces]."""
        return functional.linear(self.ln(x), self.token_embedding.weight)

    def forward(self, pieces: Tensor, encoded: Tensor, steps: Tensor) -> Tensor:
        """Scores [B, U, pieces] of the piece after each of `pieces` [B, U].

        `encoded` [B, T, W] with `steps` [B] of them that are not padding.
        """
        return self.after(pieces, self.hear(encoded), steps)

    def after(
        self, pieces: Tensor, heard: Sequence[tuple[Tensor, Tensor]], steps: Tensor
    ) -> Tensor:
        """As `forward`, with the keys and values of every layer, [B, T, W]."""
        count = pieces.shape[1]
        causal = torch.ones(count, count, dtype=torch.bool, device=pieces.device).tril()
        length = heard[0][0].shape[1]
        within = torch.arange(length, device=pieces.device) < steps[:, None]
        x = self.token_embedding(pieces) + self.positional_embedding[:count]
        for block, of_layer in zip(self.blocks, heard, strict=True):
            x = block(x, causal, of_layer, within[:, None, None])
        return self.scores(x)


def attention_loss(scores: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy of all pieces, and how many they are.

    Scores [B, U, V], targets [B, U], `lengths` [B] of them.
    """
    within = torch.arange(targets.shape[1], device=targets.device) < lengths[:, None]
    losses = functional.cross_entropy(
        scores.float().transpose(1, 2), targets, reduction="none", label_smoothing=SMOOTHING
    )
    return (losses * within).sum(), lengths.sum()


def shifted(targets: Tensor) -> Tensor:
    """What the decoder is given to predict `targets` [B, U], which end with END."""
    return torch.cat([torch.full_like(targets[:, :1], START), targets[:, :-1]], dim=1)


@torch.no_grad()
def greedy(decoder: AttentionDecoder, encoded: Tensor) -> list[int]:
    """The likeliest pieces, one after another, for one utterance [T, W]."""
    pieces = [START]
    steps = torch.tensor([len(encoded)])
    while len(pieces) < MOST_PIECES:
        scores = decoder(torch.tensor([pieces]), encoded[None], steps)
        piece = int(scores[0, -1].argmax())
        if piece == END:
            break
        pieces.append(piece)
    return pieces[1:]


def whisper_decoder(checkpoint: Path, sources: list[int]) -> dict[str, Tensor]:
    """Weights of an official Whisper checkpoint's decoder; `sources`: its numbers of our pieces."""
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)["model_state_dict"]
    prefix = "decoder."
    weights = {
        key.removeprefix(prefix): value.float()
        for key, value in saved.items()
        if key.startswith(prefix) and key != "decoder.mask"
    }
    weights["token_embedding.weight"] = weights["token_embedding.weight"][sources]
    weights["positional_embedding"] = weights["positional_embedding"][:MOST_PIECES]
    weights["ln_heard.weight"] = saved["encoder.ln_post.weight"].float()
    weights["ln_heard.bias"] = saved["encoder.ln_post.bias"].float()
    return weights
