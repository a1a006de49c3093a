"""Sequences of phonemes in an utterance, against every alignment there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.biasing.spotting import Spotter
from assistant.asr.networks.ctc import condensed
from assistant.asr.networks.network import Floats

PHONEMES = 3


def log_probs(frames: int, seed: int) -> Floats:
    """Those of random phonemes, blank among them."""
    scores = np.random.default_rng(seed).normal(0, 3, (frames, 1 + PHONEMES))
    return (scores - np.log(np.exp(scores).sum(1, keepdims=True))).astype(np.float32)


def read(labels: tuple[int, ...]) -> tuple[int, ...]:
    """What a label for each frame says: repeated ones are one, blanks nothing."""
    kept = [b for a, b in zip((0, *labels), labels, strict=False) if b != a]
    return tuple(label for label in kept if label)


def by_hand(sequence: tuple[int, ...], heard: Floats) -> float:
    """The best labels of any stretch that begins and ends with the sequence's sounds."""
    lost = heard - heard.max(1, keepdims=True)
    best = -np.inf
    for first in range(len(heard)):
        for last in range(first, len(heard)):
            part = lost[first : last + 1]
            for labels in product(range(1 + PHONEMES), repeat=len(part)):
                if labels[0] and labels[-1] and read(labels) == sequence:
                    best = max(best, float(part[np.arange(len(part)), labels].sum()))
    return best


@settings(max_examples=25, deadline=None)
@given(
    sequences=st.lists(
        st.lists(st.integers(1, PHONEMES), min_size=1, max_size=5).map(tuple),
        min_size=1,
        max_size=4,
    ),
    seed=st.integers(0, 10_000),
)
def test_scores_are_those_of_the_best_alignment(
    sequences: list[tuple[int, ...]], seed: int
) -> None:
    """All sequences at once, of different lengths, score as each does by itself."""
    heard = log_probs(5, seed)
    expected = [by_hand(sequence, heard) for sequence in sequences]
    found = Spotter(sequences).scores(heard)
    possible = np.isfinite(expected)
    assert found[possible] == pytest.approx(np.array(expected)[possible], abs=1e-4)
    assert (found[~possible] < -1e8).all()


def test_a_place_is_where_it_was_said() -> None:
    """Between the frames of the first and the last phoneme, silence around it."""
    heard = np.full((12, 1 + PHONEMES), -9.0, np.float32)
    said = [0, 0, 0, 1, 0, 2, 2, 0, 2, 0, 0, 3]
    heard[np.arange(12), said] = 0.0
    spotter = Spotter([(3,), (1, 2, 2), (2, 2, 3)])
    assert spotter.scores(heard).tolist() == [0.0, 0.0, 0.0]
    assert spotter.places([1, 0, 2], heard) == [(3, 8), (11, 11), (6, 11)]
    assert spotter.places([], heard) == []


@given(
    sequences=st.lists(
        st.lists(st.integers(1, PHONEMES), min_size=1, max_size=4), min_size=2, max_size=5
    ),
    seed=st.integers(0, 10_000),
)
def test_places_of_several_are_those_of_each(sequences: list[list[int]], seed: int) -> None:
    """However long they are, and wherever the others end."""
    heard = log_probs(20, seed)
    alone = [Spotter([each]).places([0], heard)[0] for each in sequences]
    assert Spotter(sequences).places(range(len(sequences)), heard) == alone


def test_nothing_is_found_for_an_empty_sequence_or_in_no_audio() -> None:
    """Neither is taken for a name that was surely heard."""
    assert Spotter([()]).scores(log_probs(4, 1))[0] < -1e8
    assert Spotter([(1,)]).scores(np.zeros((0, 1 + PHONEMES), np.float32))[0] < -1e8
    assert Spotter([]).scores(log_probs(4, 1)).shape == (0,)


@given(seed=st.integers(0, 1000), silence=st.integers(1, 20))
def test_sure_silence_is_left_out_without_a_trace(seed: int, silence: int) -> None:
    """What is said around a long silence fits as well as around a short one."""
    spoken = log_probs(6, seed)
    blank = np.array([[-1e-3, -9.0, -9.0, -9.0]], np.float32)
    short = np.concatenate([spoken[:3], blank, spoken[3:]])
    long = np.concatenate([spoken[:3], *[blank] * silence, spoken[3:]])
    sequences = [(1,), (2, 3), (1, 1, 2)]
    (kept, frames), (fewer, _) = condensed(long, 0, -0.05), condensed(short, 0, -0.05)
    assert len(kept) == len(fewer)
    assert (long[frames] == kept).all()
    spotter = Spotter(sequences)
    assert spotter.scores(kept) == pytest.approx(spotter.scores(fewer), abs=1e-5)
