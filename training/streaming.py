"""The encoder as a function of one chunk and what it remembers: what is exported.

It computes what `training.model.Encoder` computes on whole utterances, chunk after chunk. What a
chunk's attention sees of the past is kept as keys and values; the part of them that lies before
the stream's beginning is masked, by counting the steps so far.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.edge.network import MEL_CONTEXT, POSITIONS
from training.layers import Attention, Block
from training.model import Encoder, Predictor


class StreamingAttention(nn.Module):
    """Attention for one utterance, written for a small graph: one product for all projections.

    The scaling of the scores is part of the query's weights.
    """

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        self.heads = attention.heads
        query, key, value = attention.query, attention.key, attention.value
        width = query.out_features
        scale = (width // self.heads) ** -0.5
        self.project = nn.Linear(width, 3 * width)
        self.project.weight.data = torch.cat([query.weight * scale, key.weight, value.weight])
        bias = [query.bias * scale, torch.zeros(width), value.bias]
        self.project.bias.data = torch.cat(bias)
        self.out = attention.out

    def forward(
        self, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Attend from x [1, T, W] to the past and x.

        `keys` [1, H, W / H, left] and `values` [1, H, left, W / H] come back with x's appended.
        """
        width = x.shape[2]
        projected = self.project(x).reshape(1, -1, 3 * self.heads, width // self.heads)
        query, key, value = projected.permute(0, 2, 1, 3).split(self.heads, dim=1)
        keys = torch.cat([keys, key.transpose(2, 3)], dim=3)
        values = torch.cat([values, value], dim=2)
        weights = torch.softmax(query @ keys + mask, dim=-1)
        mixed = (weights @ values).permute(0, 2, 1, 3).reshape(1, -1, width)
        return self.out(mixed), keys, values


class StreamingBlock(nn.Module):
    """A transformer layer over cached keys and values."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.block = block
        self.attention = StreamingAttention(block.attn)

    def forward(
        self, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The layer's output [1, T, W], keys and values."""
        attended, keys, values = self.attention(self.block.attn_ln(x), keys, values, mask)
        x = x + attended
        return x + self.block.mlp(self.block.mlp_ln(x)), keys, values


class StreamingEncoder(nn.Module):
    """Features [1, N, mels] and the state to `encoder_out` [1, N / 4, joint] and the next state.

    With an attention decoder there is one more output, what it attends to: `inner` [1, N / 2, W].
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        settings = self.settings = encoder.settings
        self.inner_layer = settings.decoder_layer if settings.pieces else 0
        self.encoder = encoder
        self.blocks = nn.ModuleList(StreamingBlock(block) for block in encoder.transformer())
        # A convolution as a matrix product, which can be quantised like the others.
        taps = encoder.conv2.weight.permute(0, 2, 1).flatten(1)
        self.conv2 = nn.Linear(taps.shape[1], settings.width)
        self.conv2.weight.data = taps
        self.conv2.bias.data = encoder.conv2.get_parameter("bias").data
        half = settings.width // 2
        rate = math.log(10_000) / (half - 1)
        self.rates: Tensor
        self.register_buffer("rates", torch.exp(-rate * torch.arange(half)))

    def state_names(self) -> list[str]:
        """Names of the states, in the order in which `forward` takes and returns them."""
        caches = [f"{kind}_{i}" for i in range(self.settings.layers) for kind in ("key", "value")]
        return ["mel", *caches, "position"]

    def initial_state(self) -> list[Tensor]:
        """All zeros: the features, keys and values before a chunk, and the steps so far."""
        settings = self.settings
        key = torch.zeros(1, settings.heads, settings.width // settings.heads, settings.left)
        caches = [key, key.transpose(2, 3).contiguous()]
        return [
            torch.zeros(1, MEL_CONTEXT, settings.mels),
            *(cache.clone() for _ in range(settings.layers) for cache in caches),
            torch.zeros(1, dtype=torch.int64),
        ]

    def forward(self, features: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """One chunk; N is a multiple of 4, at most the chunk's length."""
        mel, *caches, position = state
        left = self.settings.left
        heard = torch.cat([mel, features], dim=1)
        x = self._stem(heard, position)
        mask = self._mask(x.shape[1], position)
        after = [heard[:, -MEL_CONTEXT:]]
        inner: list[Tensor] = []
        for layer, block in enumerate(self.blocks, start=1):
            keys, values = caches[2 * layer - 2 : 2 * layer]
            x, all_keys, all_values = block(x, keys, values, mask)
            after += [all_keys[..., -left:], all_values[:, :, -left:]]
            inner += [x] if layer == self.inner_layer else []
        encoded = self._head(self.encoder.ln_post(x))
        return encoded, *after, position + x.shape[1], *inner

    def _stem(self, heard: Tensor, position: Tensor) -> Tensor:
        """Convolutions and positions; these are computed, a table would be a fifth of the model."""
        x = functional.gelu(self.encoder.conv1(heard.transpose(1, 2))).transpose(1, 2)
        steps = (x.shape[1] - 1) // 2
        taps = torch.cat([x[:, 0 : 2 * steps : 2], x[:, 1 : 2 * steps : 2], x[:, 2::2]], dim=2)
        x = functional.gelu(self.conv2(taps))
        index = (torch.arange(steps) + position) % POSITIONS
        angles = index[:, None].float() * self.rates[None]
        return x + torch.cat([angles.sin(), angles.cos()], dim=1)

    def _head(self, x: Tensor) -> Tensor:
        x = x.reshape(1, -1, self.settings.width * self.settings.stack)
        encoded: Tensor = self.encoder.down(functional.gelu(self.encoder.up(x)))
        return encoded

    def _mask(self, steps: int, position: Tensor) -> Tensor:
        """Added to the scores: 0 for cached and new steps that exist, else a large negative."""
        column = torch.arange(self.settings.left + steps)
        return (column < self.settings.left - position).float() * -1e9


class StreamingPredictor(nn.Module):
    """Last tokens `y` [B, context] to [B, joint]."""

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self.predictor = predictor

    def forward(self, tokens: Tensor) -> Tensor:
        """The vector for each row."""
        predicted: Tensor = self.predictor(tokens)[:, 0]
        return predicted
