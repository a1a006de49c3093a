"""The transducer: a chunked-attention encoder, a stateless predictor and a joiner.

The encoder is Whisper's (Radford et al., 2022; tiny.en, MIT licence, gives the starting weights)
with its attention limited to the frames of its own chunk and a fixed number before it, and its
convolutions made causal. The predictor sees the last few tokens only (Ghodsi et al.,
"RNN-transducer with stateless prediction network", 2020), so hypotheses with the same ending can be
merged, which is what makes a lattice out of a beam.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.edge.network import MEL_CONTEXT, POSITIONS
from training.attention_decoder import AttentionDecoder
from training.layers import Block

DECODER = "decoder."
"""What the names of the attention decoder's weights begin with."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Shape of the model; lengths of attention in steps of 20 ms."""

    vocabulary: int = 256
    mels: int = 80
    width: int = 384
    heads: int = 6
    layers: int = 4
    chunk: int = 16
    whole: int = 256
    """A chunk that holds most sentences whole, when they are heard again at their end."""
    left: int = 256
    stack: int = 2
    hidden: int = 640
    joint: int = 320
    context: int = 3
    blank: int = 0
    pieces: int = 0
    """Vocabulary of the attention decoder; 0 where there is none."""
    decoder_layers: int = 4
    decoder_layer: int = 4
    """How many of the encoder's layers are below what the decoder attends to."""


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's positional encoding, [length, width]."""
    rate = math.log(10_000) / (width // 2 - 1)
    scaled = torch.arange(length)[:, None] * torch.exp(-rate * torch.arange(width // 2))[None]
    return torch.cat([scaled.sin(), scaled.cos()], dim=1)


class Encoder(nn.Module):
    """Features to vectors of the joiner's dimension, one for `stack` steps of 20 ms."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.settings = settings
        width = settings.width
        self.conv1 = nn.Conv1d(settings.mels, width, 3)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2)
        self.positions: Tensor
        self.register_buffer("positions", sinusoids(POSITIONS, width), persistent=False)
        self.blocks = nn.ModuleList(Block(width, settings.heads) for _ in range(settings.layers))
        self.ln_post = nn.LayerNorm(width)
        self.up = nn.Linear(width * settings.stack, settings.hidden)
        self.down = nn.Linear(settings.hidden, settings.joint)

    def transformer(self) -> list[Block]:
        """The attention layers, the lowest first."""
        return cast("list[Block]", list(self.blocks))

    def stem(self, features: Tensor, position: Tensor | int) -> Tensor:
        """Convolutions and positions: [B, 3 + 2 T, 80] to [B, T, W]."""
        x = functional.gelu(self.conv1(features.transpose(1, 2)))
        x = functional.gelu(self.conv2(x)).transpose(1, 2)
        index = (torch.arange(x.shape[1], device=x.device) + position) % POSITIONS
        return x + self.positions[index]

    def head(self, x: Tensor) -> Tensor:
        """Output of the last layer [B, T, W] to [B, T / stack, joint]."""
        stacked = self.ln_post(x).unflatten(1, (-1, self.settings.stack)).flatten(2)
        encoded: Tensor = self.down(functional.gelu(self.up(stacked)))
        return encoded

    def layers(
        self, features: Tensor, lengths: Tensor, chunk: int | None, position: int = 0
    ) -> list[Tensor]:
        """Outputs [B, T, W] of every layer for whole utterances.

        `features` [B, 2 T, 80]; `lengths` [B] counts the steps of each utterance that are not
        padding; `chunk` None lets every step see the whole utterance.
        """
        x = self.stem(functional.pad(features, (0, 0, MEL_CONTEXT, 0)), position)
        steps = x.shape[1]
        mask = (torch.arange(steps, device=x.device) < lengths[:, None])[:, None, None]
        if chunk is not None:
            mask = mask & chunk_mask(steps, chunk, self.settings.left, x.device)
        # Padding sees itself, so that no softmax is empty.
        mask = mask | torch.eye(steps, dtype=torch.bool, device=x.device)
        outputs = []
        for block in self.blocks:
            x, _, _ = block(x, None, mask)
            outputs.append(x)
        return outputs

    def forward(
        self, features: Tensor, lengths: Tensor, chunk: int | None = None, position: int = 0
    ) -> Tensor:
        """Whole utterances: [B, 2 * stack * T, 80] to [B, T, joint]; `lengths` as in `layers`."""
        return self.head(self.layers(features, lengths, chunk or self.settings.chunk, position)[-1])


def chunk_mask(steps: int, chunk: int, left: int, device: torch.device | None = None) -> Tensor:
    """Who may attend to whom: bool [steps, steps], true where the row may see the column."""
    start = torch.arange(steps, device=device) // chunk * chunk
    column = torch.arange(steps, device=device)[None]
    return (column < (start + chunk)[:, None]) & (column >= (start - left)[:, None])


class Predictor(nn.Module):
    """The last `context` tokens to a vector: embeddings, then a convolution that spans them."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.embedding = nn.Embedding(settings.vocabulary, settings.joint)
        self.conv = nn.Conv1d(settings.joint, settings.joint, settings.context, groups=4)
        self.out = nn.Linear(settings.joint, settings.joint)

    def forward(self, tokens: Tensor) -> Tensor:
        """int64 [B, context + n - 1] to [B, n, joint]."""
        x = self.conv(self.embedding(tokens).transpose(1, 2)).transpose(1, 2)
        predicted: Tensor = self.out(functional.relu(x))
        return predicted


class Joiner(nn.Module):
    """Encoder and predictor vectors to scores of the next token."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.out = nn.Linear(settings.joint, settings.vocabulary)

    def forward(self, encoded: Tensor, predicted: Tensor) -> Tensor:
        """Two broadcastable [..., joint] to [..., vocabulary]."""
        scores: Tensor = self.out(torch.tanh(encoded + predicted))
        return scores


class Transducer(nn.Module):
    """Encoder, predictor, joiner; a CTC output that helps training to find alignments.

    With `settings.pieces` also an attention decoder for two-pass recognition.
    """

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = Encoder(settings)
        self.predictor = Predictor(settings)
        self.joiner = Joiner(settings)
        self.ctc = nn.Linear(settings.joint, settings.vocabulary)
        if settings.pieces:
            self.decoder = AttentionDecoder(
                settings.width, settings.heads, settings.decoder_layers, settings.pieces
            )

    def forward(self, encoded: Tensor, labels: Tensor) -> Tensor:
        """Joiner output [B, T, U + 1, V] for encoder output [B, T, joint], labels [B, U]."""
        start = labels.new_full((len(labels), self.settings.context), self.settings.blank)
        predicted = self.predictor(torch.cat([start, labels], dim=1))
        scores: Tensor = self.joiner(encoded[:, :, None], predicted[:, None])
        return scores


def whisper_encoder(checkpoint: Path, settings: ModelSettings) -> Encoder:
    """The encoder of an official Whisper checkpoint, as deep as it is, otherwise as `settings` say.

    Raises:
        ValueError: the checkpoint holds no such encoder.

    """
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)["model_state_dict"]
    prefix = "encoder."
    weights = {
        key.removeprefix(prefix): value.float()
        for key, value in saved.items()
        if key.startswith(prefix) and "positional" not in key
    }
    blocks = {key.split(".")[1] for key in weights if key.startswith("blocks.")}
    encoder = Encoder(replace(settings, layers=len(blocks)))
    missing, unexpected = encoder.load_state_dict(weights, strict=False)
    fresh = [key for key in missing if not key.startswith(("up.", "down."))]
    if fresh or unexpected:
        raise ValueError(f"{checkpoint} does not fit: lacks {fresh}, has {unexpected}")
    return encoder


def start_from(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Load the weights of a model with as many encoder layers or fewer, or without a decoder.

    The layers above them change nothing at first, so what is below can be kept while they learn.

    Raises:
        ValueError: anything but such layers is missing, or does not belong.

    """
    missing, unexpected = module.load_state_dict(weights, strict=False)
    added = {name for name, part in module.named_modules() if isinstance(part, Block)}
    added = {name for name in added if not any(key.startswith(f"{name}.") for key in weights)}
    known = {f"{name}." for name in added}
    if not any(key.startswith(DECODER) for key in weights):
        known.add(DECODER)
    wrong = [key for key in missing if not key.startswith(tuple(known))]
    if wrong or unexpected:
        raise ValueError(f"the weights do not fit: they lack {wrong} and have {unexpected}")
    for name in added:
        cast("Block", module.get_submodule(name)).be_identity()
