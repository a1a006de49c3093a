"""The transducer loss (Graves, "Sequence Transduction with Recurrent Neural Networks", 2012).

The loss sees the joiner's output only through two log-probabilities per lattice point, that of
blank and that of the next label; its gradient with respect to them is minus the posterior
probability of using that arc, which forward and backward variables give directly. Along the frames
of one label the recursion is a cumulative sum of probabilities, so a batch costs a few vector
operations for each of its U labels.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

NEG = -1e30
"""Stands for log 0; finite, so that sums of impossible arcs do not become NaN."""


def transducer_loss(
    logits: Tensor,
    labels: Tensor,
    frames: Tensor,
    label_lengths: Tensor,
    *,
    blank: int = 0,
    fast_emit: float = 0.0,
) -> Tensor:
    """Negative log-likelihood of each utterance's labels, summed over all alignments.

    Args:
        logits: joiner output, [B, T, U + 1, V], any float type.
        labels: int64 [B, U], padded with anything valid.
        frames: int64 [B], encoder frames of each utterance, at least 1.
        label_lengths: int64 [B].
        blank: id of the blank token.
        fast_emit: weight of FastEmit regularisation (Yu et al., 2021), which scales the label
            arcs' gradient by 1 + weight, so that tokens are emitted earlier.

    Returns:
        float32 [B].

    """
    loss: Tensor = _TransducerLoss.apply(  # type: ignore[no-untyped-call]
        logits, labels, frames, label_lengths, blank, fast_emit
    )
    return loss


def arc_log_probs(probs: Tensor, labels: Tensor, blank: int) -> tuple[Tensor, Tensor]:
    """Log-probabilities of blank [B, T, U + 1] and of the next label [B, T, U], in float32."""
    index = labels[:, None, :, None].expand(-1, probs.shape[1], -1, 1)
    of_labels = probs[:, :, :-1].gather(3, index).squeeze(3)
    smallest = torch.finfo(torch.float32).tiny
    log_blank, log_label = (
        p.float().clamp_min(smallest).log() for p in (probs[..., blank], of_labels)
    )
    return log_blank, log_label


class _TransducerLoss(torch.autograd.Function):
    """One pass over the logits each way.

    Only the softmax is kept, in the logits' own precision (it is computed in float32 inside):
    bfloat16 rounds a probability by 0.4 %, a logarithm of it by far more.
    """

    @staticmethod
    def forward(  # noqa: PLR0917
        ctx: Any,  # noqa: ANN401 - its attributes are ours to make
        logits: Tensor,
        labels: Tensor,
        frames: Tensor,
        label_lengths: Tensor,
        blank: int,
        fast_emit: float,
    ) -> Tensor:
        probs = logits.softmax(-1, dtype=logits.dtype)
        log_blank, log_label = arc_log_probs(probs, labels, blank)
        alpha = _forward(log_blank, log_label)
        rows = torch.arange(len(frames), device=frames.device)
        end = (rows, frames - 1, label_lengths)
        total = alpha[end] + log_blank[end]
        beta = _backward(log_blank, log_label, frames, label_lengths)
        after_blank = torch.cat([beta[:, 1:], torch.full_like(beta[:, :1], NEG)], dim=1)
        after_blank[rows, frames - 1] = NEG
        after_blank[end] = 0.0
        whole = total[:, None, None]
        blank_arcs = torch.exp(alpha + log_blank + after_blank - whole)
        label_arcs = torch.exp(alpha[:, :, :-1] + log_label + beta[:, :, 1:] - whole)
        label_arcs *= 1 + fast_emit
        ctx.save_for_backward(probs, labels, blank_arcs.float(), label_arcs.float())
        ctx.blank = blank
        return -total.float()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        probs, labels, blank_arcs, label_arcs = ctx.saved_tensors
        grad = grad[:, None, None]
        blank_arcs, label_arcs = blank_arcs * grad, label_arcs * grad
        through = blank_arcs + torch.nn.functional.pad(label_arcs, (0, 1))
        result = probs * through[..., None].to(probs.dtype)
        result[..., ctx.blank] -= blank_arcs.to(probs.dtype)
        index = labels[:, None, :, None].expand(-1, probs.shape[1], -1, 1)
        result[:, :, :-1].scatter_add_(3, index, -label_arcs[..., None].to(probs.dtype))
        return result, None, None, None, None, None


def _forward(log_blank: Tensor, log_label: Tensor) -> Tensor:
    """Log-probability of reaching each lattice point from the start, [B, T, U + 1]."""
    waited = _waited(log_blank)
    reached = [waited[:, :-1, 0]]
    for u in range(log_label.shape[2]):
        arrived = reached[-1] + log_label[:, :, u] - waited[:, :-1, u + 1]
        reached.append(waited[:, :-1, u + 1] + arrived.logcumsumexp(1))
    return torch.stack(reached, dim=2).clamp_min(NEG)


def _backward(log_blank: Tensor, log_label: Tensor, frames: Tensor, lengths: Tensor) -> Tensor:
    """Log-probability of finishing from each lattice point, [B, T, U + 1]."""
    final = torch.full_like(log_blank, NEG)
    end = (torch.arange(len(frames), device=frames.device), frames - 1, lengths)
    final[end] = log_blank[end]
    waited = _waited(log_blank)[:, :-1]
    left = final[:, :, -1]
    finished: list[Tensor] = []
    for u in range(log_label.shape[2], -1, -1):
        if finished:
            left = torch.logaddexp(finished[-1] + log_label[:, :, u], final[:, :, u])
        ahead = (left + waited[:, :, u]).flip(1).logcumsumexp(1).flip(1)
        finished.append((ahead - waited[:, :, u]).clamp_min(NEG))
    return torch.stack(finished[::-1], dim=2)


def _waited(log_blank: Tensor) -> Tensor:
    """Log-probability of blanks alone up to each frame, by count of labels: [B, T + 1, U + 1].

    In double precision: a long utterance's sums are large, and what counts is their differences.
    """
    return torch.nn.functional.pad(log_blank.double().cumsum(1), (0, 0, 1, 0))
