"""The attention decoder as functions of one piece and what it remembers: what is exported.

They compute what `training.attention_decoder.AttentionDecoder` computes for whole sentences.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.attention_decoder import AttentionDecoder, DecoderBlock


class Hearing(nn.Module):
    """Inner outputs of the encoder [1, T, W] to what all pieces attend to.

    Keys [layers, H, W / H, T] and values [layers, H, T, W / H].
    """

    def __init__(self, decoder: AttentionDecoder) -> None:
        super().__init__()
        self.decoder = decoder
        self.heads = decoder.layers()[0].cross_attn.heads

    def forward(self, inner: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values."""
        heard = self.decoder.hear(inner)
        keys = torch.cat([self._split(key).transpose(2, 3) for key, _ in heard])
        values = torch.cat([self._split(value) for _, value in heard])
        return keys, values

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(1, -1, self.heads, x.shape[2] // self.heads).transpose(1, 2)


class Writing(nn.Module):
    """One more piece of B sentences.

    `pieces` [B], the first of them at `position` [1]; `keys` and `values` as `Hearing` gives them;
    `past_keys` and `past_values` [layers, B, H, U, W / H] of the pieces before.
    """

    def __init__(self, decoder: AttentionDecoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(  # noqa: PLR0917
        self,
        pieces: Tensor,
        position: Tensor,
        keys: Tensor,
        values: Tensor,
        past_keys: Tensor,
        past_values: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Log-probabilities [B, V] of the next piece; the past with this one."""
        decoder = self.decoder
        x = decoder.token_embedding(pieces)
        x = x + functional.embedding(position, decoder.positional_embedding)
        after: tuple[list[Tensor], list[Tensor]] = [], []
        for layer, block in enumerate(decoder.layers()):
            past = past_keys[layer], past_values[layer]
            x, key, value = _layer(block, x, past, (keys[layer], values[layer]))
            after[0].append(key)
            after[1].append(value)
        return decoder.scores(x).log_softmax(-1), torch.stack(after[0]), torch.stack(after[1])


def _layer(
    block: DecoderBlock,
    x: Tensor,
    past: tuple[Tensor, Tensor],
    heard: tuple[Tensor, Tensor],
) -> tuple[Tensor, Tensor, Tensor]:
    """A layer for one piece of each sentence [B, W]."""
    own, cross, width = block.attn, block.cross_attn, block.attn.query.in_features
    heads, size = own.heads, own.query.out_features // own.heads
    normal = block.attn_ln(x)
    query, key, value = (
        each(normal).reshape(-1, heads, 1, size) for each in (own.query, own.key, own.value)
    )
    key, value = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
    scale = size**-0.5
    weights = torch.softmax((query * scale) @ key.transpose(2, 3), dim=-1)
    x = x + own.out((weights @ value).reshape(-1, width))
    query = cross.query(block.cross_attn_ln(x)).reshape(-1, heads, size).transpose(0, 1)
    weights = torch.softmax((query * scale) @ heard[0], dim=-1)
    x = x + cross.out((weights @ heard[1]).transpose(0, 1).reshape(-1, width))
    return x + block.mlp(block.mlp_ln(x)), key, value
