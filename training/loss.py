"""The transducer loss (Graves, "Sequence Transduction with Recurrent Neural Networks", 2012).

The loss sees the joiner's output only through two log-probabilities per lattice point, that of
blank and that of the next label; its gradient with respect to them is minus the posterior
probability of using that arc, which forward and backward variables give directly. All
computation over the (frame, label) lattice goes along its anti-diagonals, so a batch costs
T + U small vector operations.
"""

from __future__ import annotations

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
    return _TransducerLoss.apply(logits, labels, frames, label_lengths, blank, fast_emit)


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
    def forward(ctx, logits, labels, frames, label_lengths, blank, fast_emit):  # noqa: ANN001, ANN205, PLR0917
        probs = logits.softmax(-1)
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
        ctx.save_for_backward(probs, labels, blank_arcs, label_arcs)
        ctx.blank = blank
        return -total

    @staticmethod
    def backward(ctx, grad):  # noqa: ANN001, ANN205
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
    batch, time, width = log_blank.shape
    blank, label = _skew(log_blank), _skew(_pad_labels(log_label))
    diagonals = [log_blank.new_full((batch, width), NEG)]
    diagonals[0][:, 0] = 0.0
    for n in range(1, time + width - 1):
        stay = diagonals[-1] + blank[:, n - 1]
        emit = (diagonals[-1] + label[:, n - 1])[:, :-1]
        move = torch.cat([log_blank.new_full((batch, 1), NEG), emit], dim=1)
        diagonals.append(torch.logaddexp(stay, move).clamp_min(NEG))
    return _unskew(torch.stack(diagonals, dim=1), time)


def _backward(log_blank: Tensor, log_label: Tensor, frames: Tensor, lengths: Tensor) -> Tensor:
    """Log-probability of finishing from each lattice point, [B, T, U + 1]."""
    batch, time, width = log_blank.shape
    blank, label = _skew(log_blank), _skew(_pad_labels(log_label))
    final = torch.full_like(log_blank, NEG)
    end = (torch.arange(batch, device=frames.device), frames - 1, lengths)
    final[end] = log_blank[end]
    final = _skew(final)
    diagonals = [final[:, -1]]
    for n in range(time + width - 3, -1, -1):
        stay = diagonals[-1] + blank[:, n]
        after = torch.cat([diagonals[-1][:, 1:], log_blank.new_full((batch, 1), NEG)], dim=1)
        move = after + label[:, n]
        arcs = torch.logaddexp(stay, move).clamp_min(NEG)
        diagonals.append(torch.logaddexp(arcs, final[:, n]))
    return _unskew(torch.stack(diagonals[::-1], dim=1), time)


def _pad_labels(log_label: Tensor) -> Tensor:
    """Add the column of the last label position, from which no label can follow."""
    return torch.nn.functional.pad(log_label, (0, 1), value=NEG)


def _skew(x: Tensor) -> Tensor:
    """[B, T, W] to anti-diagonals [B, T + W - 1, W]: out[b, t + u, u] = x[b, t, u]."""
    batch, time, width = x.shape
    padded = torch.nn.functional.pad(x.transpose(1, 2), (0, width), value=NEG)
    flat = padded.reshape(batch, -1)[:, : width * (time + width - 1)]
    return flat.reshape(batch, width, time + width - 1).transpose(1, 2)


def _unskew(x: Tensor, time: int) -> Tensor:
    """The inverse of `_skew`."""
    batch, length, width = x.shape
    flat = x.transpose(1, 2).reshape(batch, -1)
    flat = torch.nn.functional.pad(flat, (0, width * (time + width) - width * length))
    return flat.reshape(batch, width, time + width)[:, :, :time].transpose(1, 2)
