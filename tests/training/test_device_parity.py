"""What an accelerator does to a recording is what a processor does, if both draw the same."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from training import corpus, tokens
from training.augment import Augmenter, spec_augment
from training.corpus import Corpus
from training.data import Shapes
from training.device_data import DeviceUtterances

DEMO = Path(__file__).parents[2] / "demo"
PLACE = 0.4
"""Where in its range everything is drawn that is no event; all events happen."""


NOISE = 200_000
"""Samples of each noise."""


class Constant:
    """A generator of numbers that are always at the same place of their range."""

    def random(self, size=None):
        return 0.0 if size is None else np.zeros(size)

    def uniform(self, low=0.0, high=1.0, size=None):
        value = np.asarray(low) + PLACE * (np.asarray(high) - np.asarray(low))
        return float(value) if size is None else np.full(size, value)

    def integers(self, low, high=None, size=None):
        first, last = (0, low) if high is None else (low, high)
        value = first + np.floor(PLACE * (np.asarray(last) - first)).astype(int)
        if size is None:
            return value if np.ndim(value) else int(value)
        return np.broadcast_to(value, size).copy()


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A processor's and an accelerator's augmentation of one recording, with the same rooms."""
    speech, noises = (tmp_path_factory.mktemp(name) for name in ("speech", "noise"))
    command = soundfile.read(min(DEMO.glob("*.ogg")), dtype="int16")[0]
    quiet = np.random.default_rng(1).integers(-20, 20, 6000).astype(np.int16)
    samples = np.concatenate([command, quiet, command])
    corpus.write(speech, [("lights on", "someone", samples)])
    hiss = np.random.default_rng(0).normal(0, 3000, (2, NOISE)).astype(np.int16)
    corpus.write(noises, [("noise", "hiss", row) for row in hiss])
    tokens.train(["lights on"], 12, speech)
    here = Augmenter(Corpus(noises), 1)
    there = DeviceUtterances(
        {speech: 1.0},
        tokens.load(speech),
        noises,
        device=torch.device("cpu"),
        batch_s=20.0,
        seed=1,
        shapes=Shapes(),
    )
    longest = max(map(len, here._rooms))
    rooms = [np.pad(room, (0, longest - len(room))) for room in here._rooms]
    there._rooms = torch.from_numpy(np.stack(rooms))
    there._hiss = torch.from_numpy(np.concatenate(here._colours))
    here._rng = there._rng = Constant()
    return samples, here, there


def test_a_recording_in_a_noisy_room_is_the_same(pair):
    samples, here, there = pair
    expected = here(samples)
    draws, lengths = there._drawn(np.zeros(1, int), np.ones(1, bool), 0, 0)
    assert lengths[0] == len(expected)
    assert len(expected) > len(samples) + 8000
    length = int(lengths[0]) + 160
    # Where noise and hiss begin is drawn from other ranges, since batches are padded and noise goes
    # round.
    size, left = len(here._colours[0]), NOISE - len(expected)
    colour = here._rng.integers(len(here._colours))
    draws.hiss_from.fill_(colour * size + here._rng.integers(size - len(expected)))
    draws.noise_from.fill_(here._rng.integers(left + 1))
    heard = there._sound(draws, there._spoken(draws, length, 0))[0].numpy()
    assert not heard[len(expected) :].any()
    np.testing.assert_allclose(heard[: len(expected)], expected, atol=0.01 * np.abs(expected).max())


def test_the_same_bands_and_times_are_hidden(pair):
    _, here, there = pair
    spoken = np.random.default_rng(2).normal(0, 0.3, (400, 80)).astype(np.float32)
    expected = spec_augment(spoken, here._rng)
    counts = np.array([len(spoken)])
    heard = there._masked(torch.from_numpy(spoken)[None], np.ones(1, bool), counts)[0].numpy()
    np.testing.assert_array_equal(heard != spoken, expected != spoken)
    assert 0.05 < (heard != spoken).mean() < 0.5
    np.testing.assert_allclose(heard, expected, atol=0.01)
