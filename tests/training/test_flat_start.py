import numpy as np
import torch

from assistant.asr.features.whisper_mel import log_mel
from training.data import collate
from training.flat_start import flat_start_loss, linear_alignment


def test_tokens_share_the_speech_in_proportion_to_their_length():
    audio = np.zeros(16_000, np.float32)
    audio[4_000:12_000] = np.random.default_rng(0).normal(0, 0.1, 8_000)
    batch = collate([log_mel(audio)], [[5, 6, 2]])
    weights = torch.ones(10)
    weights[6] = 3.0
    aligned = linear_alignment(batch, weights, 4)[0]
    assert aligned.shape == (25,)
    spoken = aligned.nonzero()[:, 0]
    assert abs(int(spoken[0]) - 6) <= 1
    assert abs(int(spoken[-1]) - 18) <= 1
    assert (aligned == 6).sum() > 2 * (aligned == 5).sum()
    assert 2 not in aligned, "the end of the sentence has no sound"


def test_padding_does_not_count():
    scores = torch.zeros(1, 4, 3)
    scores[0, 2:] = torch.tensor([0.0, 0.0, 100.0])
    aligned = torch.tensor([[1, 1, 0, 0]])
    loss, count = flat_start_loss(scores, torch.tensor([2]), aligned)
    assert count == 2
    assert abs(loss.item() - 2 * np.log(3)) < 1e-6
