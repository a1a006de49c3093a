"""A flat start: tokens spread evenly over the speech, as a first guess of when each is spoken.

Transducer and CTC losses first learn to say nothing, and can stay there for thousands of updates
before a token ties itself to a sound. Frame-wise cross-entropy on a rough alignment, as Gaussian
mixture recognisers were started (Young et al., The HTK Book, "flat start"), ends that plateau
within a hundred updates.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.data import Batch


def linear_alignment(batch: Batch, weights: Tensor, stride: int) -> Tensor:
    """The token of every encoder frame, int64 [B, T]; blank (0) outside the speech.

    Each token takes a share of the speech in proportion to `weights` [V]. `stride` is the number
    of feature frames in an encoder frame. The last label, the end of the sentence, has no sound.
    """
    level = batch.features.mean(-1)
    aligned = torch.zeros(level.shape[0], level.shape[1] // stride, dtype=torch.long)
    for row, (frames, length) in enumerate(
        zip(batch.frames.tolist(), batch.label_lengths.tolist(), strict=True)
    ):
        first, last = _speech(level[row, :frames])
        first, last = first // stride, last // stride + 1
        labels = batch.labels[row, : length - 1].cpu()
        share = weights[labels].cumsum(0)
        places = (torch.arange(last - first) + 0.5) / (last - first) * share[-1]
        aligned[row, first:last] = labels[torch.searchsorted(share, places)]
    return aligned.to(level.device)


def _speech(level: Tensor) -> tuple[int, int]:
    """First and last feature frame that are louder than the middle between quiet and loud."""
    loud, quiet = float(level.max()), float(level.quantile(0.1))
    frames = (level >= quiet + 0.4 * (loud - quiet)).nonzero()[:, 0]
    return int(frames[0]), int(frames[-1])


def flat_start_loss(scores: Tensor, frames: Tensor, aligned: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy of the frames [B] that are no padding, and how many; `scores` [B, T, V]."""
    kept = torch.arange(scores.shape[1], device=scores.device) < frames[:, None]
    loss = functional.cross_entropy(scores[kept].float(), aligned[kept], reduction="sum")
    return loss, kept.sum()
