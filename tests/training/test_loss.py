"""The transducer loss against enumeration of every alignment, and its gradient by differences."""

from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from training.loss import transducer_loss


def by_enumeration(logits, labels):
    """Sum over all monotonic alignments of one utterance; logits [T, U + 1, V]."""
    time, width, _ = logits.shape
    log_probs = logits.log_softmax(-1)
    total = []
    # The last arc is a blank from the last frame; the labels take any of the places before it.
    steps = time + width - 2
    for places in combinations(range(steps), width - 1):
        t = u = 0
        score = torch.zeros(())
        for step in range(steps):
            if step in places:
                score = score + log_probs[t, u, labels[u]]
                u += 1
            else:
                score = score + log_probs[t, u, 0]
                t += 1
        total.append(score + log_probs[t, u, 0])
    return -torch.logsumexp(torch.stack(total), 0)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(0, 3), st.integers(2, 5), st.integers(0, 10_000))
def test_the_loss_is_the_sum_over_all_alignments(time, length, vocabulary, seed):
    torch.manual_seed(seed)
    logits = torch.randn(2, time + 2, length + 2, vocabulary, requires_grad=True)
    labels = torch.randint(1, vocabulary, (2, length + 1))
    frames, lengths = torch.tensor([time, time + 2]), torch.tensor([length, length + 1])
    loss = transducer_loss(logits, labels, frames, lengths)
    loss.sum().backward()
    for row in range(2):
        alone = logits[row, : frames[row], : lengths[row] + 1].detach().requires_grad_()
        expected = by_enumeration(alone, labels[row])
        expected.backward()
        assert loss[row].item() == pytest.approx(expected.item(), abs=1e-4)
        own = logits.grad[row]
        torch.testing.assert_close(
            own[: frames[row], : lengths[row] + 1], alone.grad, atol=1e-4, rtol=0
        )
        assert not own[frames[row] :].any(), "padding has no gradient"
        assert not own[:, lengths[row] + 1 :].any(), "padding has no gradient"


def test_the_gradient_agrees_with_finite_differences():
    torch.manual_seed(1)
    logits = torch.randn(1, 4, 3, 4)
    labels, frames, lengths = torch.tensor([[1, 3]]), torch.tensor([4]), torch.tensor([2])

    def loss(x):
        return transducer_loss(x, labels, frames, lengths).sum()

    exact = torch.autograd.functional.jacobian(loss, logits)
    step = 1e-2
    for index in range(logits.numel()):
        nudge = torch.zeros(logits.numel())
        nudge[index] = step
        nudge = nudge.view_as(logits)
        slope = (loss(logits + nudge) - loss(logits - nudge)) / (2 * step)
        assert exact.flatten()[index].item() == pytest.approx(slope.item(), abs=1e-3)


def test_fast_emit_scales_only_the_label_arcs():
    torch.manual_seed(2)
    logits = torch.randn(1, 3, 2, 3)
    labels, frames, lengths = torch.tensor([[2]]), torch.tensor([3]), torch.tensor([1])
    plain, eager = (logits.clone().requires_grad_() for _ in range(2))
    transducer_loss(plain, labels, frames, lengths).sum().backward()
    transducer_loss(eager, labels, frames, lengths, fast_emit=0.5).sum().backward()
    assert eager.grad[0, :, 0, 2].sum() < plain.grad[0, :, 0, 2].sum()
    torch.testing.assert_close(eager.grad[0, :, 1], plain.grad[0, :, 1])


def test_half_precision_stays_close():
    torch.manual_seed(3)
    logits = torch.randn(2, 30, 8, 64) * 3
    labels = torch.randint(1, 64, (2, 7))
    frames, lengths = torch.tensor([30, 20]), torch.tensor([7, 5])
    exact = transducer_loss(logits, labels, frames, lengths)
    half = transducer_loss(logits.bfloat16(), labels, frames, lengths)
    torch.testing.assert_close(half, exact, rtol=5e-3, atol=0)
