"""What hears phonemes, as PyTorch trains it: a layer on top of the recogniser's encoder.

A name that the recogniser has never met has a spelling that it does not expect, but it sounds like
any other word. So a small network beside the joiner says which phonemes are heard, by connectionist
temporal classification (Graves et al., 2006), and `assistant.asr.biasing.phonemes` looks for the
phonemes of names in that.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class PhonemeNetwork(nn.Module):
    """Encoder outputs to log-probabilities of phonemes, twice for each output; 0 is blank."""

    def __init__(self, heard: int, phonemes: int, width: int = 256, taps: int = 5) -> None:
        super().__init__()
        self.offset: Tensor
        self.register_buffer("offset", torch.zeros(heard))
        self.factor: Tensor
        self.register_buffer("factor", torch.ones(heard))
        self.heard = nn.Linear(heard, width)
        self.around = nn.Conv1d(width, width, taps, padding="same")
        self.out = nn.Linear(width, 2 * (1 + phonemes))

    def standardise(self, heard: Tensor) -> None:
        """Have each number of what is heard, as in these rows [T, heard], count as much."""
        self.offset.copy_(heard.mean(0))
        self.factor.copy_(1 / heard.std(0).clamp_min(1e-3))

    def forward(self, heard: Tensor, rows: Tensor) -> Tensor:
        """What is heard [B, T, heard], so many rows each [B], to [B, 2 T, 1 + phonemes]."""
        inside = (torch.arange(heard.shape[1], device=heard.device) < rows[:, None])[..., None]
        x = functional.silu(self.heard((heard - self.offset) * self.factor)) * inside
        x = x + functional.silu(self.around(x.transpose(1, 2)).transpose(1, 2))
        scores: Tensor = self.out(x).unflatten(2, (2, -1)).flatten(1, 2)
        return scores.log_softmax(-1)
