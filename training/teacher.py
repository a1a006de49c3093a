"""An encoder that another one learns from, layer by layer and frame by frame.

No text is needed for it, and every frame teaches: Whisper's encoder teaches one whose attention is
limited to chunks, and a dense model's the same one with half of its weights gone (Sanh et al.,
"DistilBERT", 2019, for the layers as targets).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from training import saved_weights
from training.model import Encoder, ModelSettings, Transducer, whisper_encoder


@dataclass(frozen=True, slots=True)
class Teacher:
    """A trained encoder, and how it hears."""

    encoder: Encoder
    like_student: bool
    """Whether it is of the student's shape; else Whisper's, without the student's top layer."""
    whole: bool = True
    """Whether it hears whole utterances, even where its student hears chunks."""

    @classmethod
    def whisper(cls, checkpoint: Path, settings: ModelSettings) -> Teacher:
        """An official Whisper checkpoint's encoder; raises `ValueError` where it has none."""
        return cls(whisper_encoder(checkpoint, settings), like_student=False)

    @classmethod
    def trained(cls, weights: Path, settings: ModelSettings, *, whole: bool) -> Teacher:
        """The encoder of half-precision weights of the student's shape; a decoder may be there."""
        model = Transducer(replace(settings, pieces=0))
        model.load_state_dict(saved_weights.read_transducer(weights))
        return cls(model.encoder, like_student=True, whole=whole)

    def to(self, device: torch.device) -> Teacher:
        """On a device, never to be trained."""
        encoder = self.encoder.requires_grad_(requires_grad=False).to(device)
        return replace(self, encoder=encoder)

    @torch.no_grad()
    def layers(self, features: Tensor, steps: Tensor, chunk: int, position: int) -> list[Tensor]:
        """What the student's layers should give; arguments as those of `Encoder.layers`."""
        if self.like_student:
            heard = self.encoder.settings.whole if self.whole else chunk
            return self.encoder.layers(features, steps, heard, position)
        # The student's causal convolutions see one feature frame less of the future than Whisper's.
        shifted = torch.cat([features[:, 1:], features[:, -1:]], dim=1)
        return self.encoder.layers(shifted, steps, None, position)

    @property
    def ln_post(self) -> nn.LayerNorm:
        """The normalisation after its last layer."""
        return self.encoder.ln_post
