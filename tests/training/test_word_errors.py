"""The expected number of wrong words against enumeration, and lists that the search finds."""

import itertools
from dataclasses import replace

import pytest
import torch

from training import tokens
from training.data import padded_labels
from training.loss import transducer_loss
from training.model import ModelSettings, Transducer
from training.word_errors import Listener, Lists, expected_errors, word_error_loss

SETTINGS = ModelSettings(
    vocabulary=5, width=32, heads=2, layers=1, hidden=16, joint=8, context=2, mels=8
)


def probability(model, encoded, labels):
    """Of a text, by all ways to write it: encoder outputs [T, J]."""
    frames, count = len(encoded), len(labels)
    total = 0.0
    log_probs = model(encoded[None], torch.tensor([labels]))[0].log_softmax(-1)
    for places in itertools.combinations_with_replacement(range(frames), count):
        score, u = torch.zeros(()), 0
        for t in range(frames):
            while u < count and places[u] == t:
                score = score + log_probs[t, u, labels[u]]
                u += 1
            score = score + log_probs[t, u, 0]
        total = total + score.exp()
    return total


@pytest.mark.parametrize("seed", range(4))
def test_the_loss_and_its_gradient_are_those_of_the_expectation(seed):
    torch.manual_seed(seed)
    model = Transducer(SETTINGS)
    encoded = torch.randn(3, 4, SETTINGS.joint)
    frames = torch.tensor([4, 4, 3])
    lists = Lists(
        rows=(0, 2),
        labels=(([1, 3, 2], [4, 2], [2]), ([3, 3, 2], [1, 2])),
        errors=((0, 1, 2), (3, 1)),
    )
    ours, exact = (encoded.clone().requires_grad_() for _ in range(2))
    loss = word_error_loss(model, ours, frames, lists)
    expected = torch.zeros(())
    for row, texts, errors in zip(lists.rows, lists.labels, lists.errors, strict=True):
        found = [probability(model, exact[row, : frames[row]], text) for text in texts]
        shares = torch.stack(found) / sum(found)
        expected = expected + sum(
            share * wrong for share, wrong in zip(shares, errors, strict=True)
        )
        expected = expected - sum(errors) / len(errors)
    assert loss.item() == pytest.approx(expected.item(), abs=1e-4)
    loss.backward()
    expected.backward()
    torch.testing.assert_close(ours.grad, exact.grad, atol=1e-4, rtol=1e-3)
    assert not ours.grad[1].any(), "an utterance without a list"


def test_the_gradient_agrees_with_finite_differences():
    torch.manual_seed(3)
    log_probs = torch.randn(4, dtype=torch.float64, requires_grad=True)
    errors = torch.tensor([2.0, 0.0, 1.0, 5.0], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: expected_errors(x, errors), log_probs)


TEXTS = ["lights on", "lights off", "what time is it", "stop"]


@pytest.fixture
def vocabulary(tmp_path):
    return tokens.train(TEXTS, 20, tmp_path)


def likelihood(model, encoded, frames, vocabulary):
    rows = [[*vocabulary.encode(text), tokens.EOS] for text in TEXTS]
    labels, lengths = padded_labels(rows)
    return transducer_loss(model(encoded, labels), labels, frames, lengths).sum()


def descend(model, loss, steps):
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(steps):
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()


def test_lists_are_what_the_search_hears_and_learning_from_them_mends_words(vocabulary):
    torch.manual_seed(1)
    model = Transducer(replace(SETTINGS, vocabulary=20, joint=24))
    encoded, frames = torch.randn(4, 24, 24), torch.tensor([24, 24, 24, 18])
    descend(model, lambda: likelihood(model, encoded, frames, vocabulary), 180)
    listener = Listener(vocabulary)
    blurred = encoded + 0.8 * torch.randn_like(encoded)
    lists = listener.lists(model, blurred, frames, TEXTS)
    assert lists.rows
    for texts, errors in zip(lists.labels, lists.errors, strict=True):
        assert 2 <= len(texts) <= 4
        assert len({tuple(text) for text in texts}) == len(texts)
        assert all(text[-1] == tokens.EOS for text in texts)
        assert len(set(errors)) > 1
    before = word_error_loss(model, blurred, frames, lists).item()
    descend(model, lambda: word_error_loss(model, blurred, frames, lists), 40)
    after = word_error_loss(model, blurred, frames, lists).item()
    least = sum(min(errors) - sum(errors) / len(errors) for errors in lists.errors)
    assert least - 1e-3 <= after < before - 0.5 * (before - least)
