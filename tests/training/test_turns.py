"""Sentences cut at their pauses, and what learns to tell them from whole ones."""

import numpy as np
import pytest

from assistant.asr.turn_end import OUTPUTS
from assistant.asr.turn_end import TurnEndNetwork as Shipped
from training.score import area_under_curve
from training.train_turns import Examples, TurnEndNetwork, areas, load, log_odds, save, train
from training.turn_examples import (
    ASKED_S,
    PAUSE,
    Ear,
    Scene,
    examples,
    places,
    said,
    write,
)

RATE = 16_000


def talk(rng, *stretches):
    """Noise as loud as speech, or as quiet as a room, for so many seconds each."""
    return np.concatenate(
        [rng.normal(0, 6000 if loud else 20, round(s * RATE)) for loud, s in stretches]
    ).astype(np.int16)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture
def recording(rng):
    return talk(rng, (False, 0.4), (True, 1.0), (False, 0.3), (True, 1.0), (False, 0.5))


def test_where_speech_begins_pauses_and_ends(recording):
    found = said(recording)
    assert found.begin == pytest.approx(0.4 * RATE, abs=320)
    assert found.end == pytest.approx(2.7 * RATE, abs=320)
    assert [(round(a / RATE, 1), round(b / RATE, 1)) for a, b in found.pauses] == [(1.4, 1.7)]
    assert np.abs(found.quiet).max() < 200


def test_noise_that_hides_the_pauses_is_no_example(rng):
    assert said(rng.normal(0, 3000, RATE).astype(np.int16)) is None


def test_it_is_cut_within_the_speech(recording, rng):
    found = said(recording)
    assert places(found, rng, 1)[0] == found.pauses[0][0]


def test_after_a_cut_there_is_only_quiet(recording, rng):
    found = said(recording)
    scene = Scene(recording, found, rng, elsewhere=False)
    pause = scene.pause(RATE, rng)  # in the middle of loud speech
    assert len(pause) == PAUSE
    assert np.abs(pause[320:]).max() < 0.01 < np.abs(scene.audio[RATE - 800 : RATE]).max()


class CountingNetwork:
    """An encoder whose outputs say how many frames came before them."""

    chunk_frames, frame_multiple = 32, 4

    def initial_state(self):
        return (np.zeros(1),)

    def encode(self, features, state):
        outputs = len(features) // 4
        return state[0] + 4 * np.arange(1, outputs + 1)[:, None], (state[0] + len(features),)


def test_it_is_heard_as_a_stream_would_hear_it(recording, rng):
    found = said(recording)
    ear = Ear(CountingNetwork(), Scene(recording, found, rng))
    asked = ear.asked(found.end, ASKED_S, rng)
    assert asked.shape == (len(ASKED_S), OUTPUTS, 1)
    frames = [found.end // 160 + round(100 * each) for each in ASKED_S]
    assert [int(each[-1, 0]) for each in asked] == pytest.approx(frames, abs=4)
    assert (np.diff(asked[-1, :, 0]) == 4).all()


class Recordings:
    """As much of a corpus as it takes."""

    def __init__(self, *recordings):
        self._recordings = recordings

    def audio(self, index):
        return self._recordings[index]


def test_examples_are_ends_and_cuts(recording, rng, tmp_path):
    corpus, network = Recordings(recording, recording), CountingNetwork()
    count = write(tmp_path / "some.npz", examples(corpus, [0, 1], network, None, rng, most=1))
    kept = Examples([tmp_path / "some.npz"])
    assert len(kept.over) == count
    assert kept.over.sum() == 2 < count


def test_the_area_under_the_curve():
    one, other = np.array([1.0, 2.0]), np.array([0.0, 1.0])
    assert area_under_curve(one, other) == 3.5 / 4


@pytest.fixture
def told_apart(tmp_path, rng):
    """Examples that are over where the last outputs are large."""
    over = np.arange(200) % 2 == 0
    heard = rng.normal(0, 1, (200, len(ASKED_S), OUTPUTS, 6))
    heard[over, :, -8:, 0] += 4.0
    np.savez(tmp_path / "some.npz", heard=heard.astype(np.float16), over=over)
    return Examples([tmp_path / "some.npz"])


def test_it_learns_to_tell_them_apart(told_apart, tmp_path):
    network = train(told_apart, rounds=12, seed=0)
    assert min(areas(network, told_apart)) > 0.95
    save(tmp_path / "weights.npz", network)
    heard = told_apart.heard[:9, 0]
    kept = log_odds(load(tmp_path / "weights.npz"), heard)
    assert kept == pytest.approx(log_odds(network, heard), abs=0.05)


def test_what_was_trained_is_what_the_assistant_computes(told_apart, tmp_path):
    save(tmp_path / "weights.npz", train(told_apart, rounds=1, seed=0))
    heard = told_apart.heard[:5, 0].astype(np.float32)
    shipped = Shipped.load(tmp_path / "weights.npz")
    expected = log_odds(load(tmp_path / "weights.npz"), heard)
    assert [shipped.log_odds(each) for each in heard] == pytest.approx(expected, abs=1e-4)


def test_it_is_small():
    assert sum(each.numel() for each in TurnEndNetwork(320).parameters()) < 30_000
