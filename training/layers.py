"""Layers that encoder and attention decoder are made of; names of weights are Whisper's."""

from __future__ import annotations

import torch
from torch import Tensor, nn

MASKED = -1e4
"""Added-up attention scores of what may not be seen; finite in every precision."""


class Attention(nn.Module):
    """Multi-head self-attention over a cache of earlier steps; names of weights are Whisper's."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(
        self, x: Tensor, past: tuple[Tensor, Tensor] | None, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Attend from x [B, T, W] to the past and x; also returns keys and values [B, S, W]."""
        query, key, value = self.query(x), self.key(x), self.value(x)
        if past is not None:
            key, value = torch.cat([past[0], key], dim=1), torch.cat([past[1], value], dim=1)
        return self.mixed(query, key, value, mask), key, value

    def mixed(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """Values [B, S, W] as the queries [B, T, W] attend to them, projected."""
        rows, columns, content = (self._split(tensor) for tensor in (query, key, value))
        # Written out: for these short utterances PyTorch's fused attention takes a fifth of a
        # training step longer on a CPU.
        scores = (rows * rows.shape[-1] ** -0.5) @ columns.transpose(2, 3)
        if mask is not None:
            scores = scores.masked_fill(~mask, MASKED)
        weighted = scores.softmax(-1, dtype=scores.dtype) @ content
        out: Tensor = self.out(weighted.transpose(1, 2).flatten(2))
        return out

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


def feed_forward(width: int) -> nn.Sequential:
    """What follows attention in a layer."""
    return nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))


class Block(nn.Module):
    """A pre-norm transformer layer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = Attention(width, heads)
        self.attn_ln = nn.LayerNorm(width)
        self.mlp = feed_forward(width)
        self.mlp_ln = nn.LayerNorm(width)

    def forward(
        self, x: Tensor, past: tuple[Tensor, Tensor] | None, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the layer's output [B, T, W], keys and values."""
        attended, key, value = self.attn(self.attn_ln(x), past, mask)
        x = x + attended
        return x + self.mlp(self.mlp_ln(x)), key, value

    def be_identity(self) -> None:
        """Add nothing to what comes in, until training says otherwise."""
        for part in (*self.attn.out.parameters(), *self.mlp[2].parameters()):
            nn.init.zeros_(part)
