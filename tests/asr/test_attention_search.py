from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr import attention_search
from assistant.asr.attention_search import judge, write
from assistant.asr.word_pieces import END, START
from tests.asr.toy_network import LETTERS, ToyWriter

HEARD = (np.linspace(-1, 1, 8, dtype=np.float32),)
TEXTS = st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=1, max_size=3).map(" ".join)


def log_prob(writer, pieces):
    """One piece after another, alone."""
    past, total, given_pieces = writer.begin(1), 0.0, [START, *pieces]
    for position, (piece, target) in enumerate(zip(given_pieces, [*pieces, END], strict=True)):
        scores, past = writer.write(np.array([piece]), position, HEARD, past)
        total += float(scores[0, target])
    return total


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100), st.lists(TEXTS, min_size=1, max_size=5))
def test_texts_are_judged_as_if_each_were_alone(seed, texts):
    writer = ToyWriter(None, seed=seed)
    for text, judged in zip(texts, judge(writer, HEARD, texts), strict=True):
        assert judged.text == text
        assert len(judged.words) == len(text.split())
        expected = log_prob(writer, writer.pieces.encode(text))
        assert judged.log_prob == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_a_wide_beam_finds_the_likeliest_of_all_texts(seed, monkeypatch):
    monkeypatch.setattr(attention_search, "MOST_PIECES", 4)
    writer = ToyWriter(None, seed=seed)
    found = write(writer, HEARD, steps=100, beam=200)
    others = range(2, len(LETTERS))
    every = [pieces for length in range(4) for pieces in product(others, repeat=length)]
    best = max(every, key=lambda pieces: log_prob(writer, pieces))
    assert found[0].text == writer.pieces.decode(best)
    assert found[0].log_prob == pytest.approx(log_prob(writer, best), abs=1e-4)


@pytest.mark.parametrize("beam", [1, 3])
def test_the_best_come_first_and_no_more_than_the_beam(beam):
    found = write(ToyWriter(None, seed=4), HEARD, steps=100, beam=beam)
    scores = [each.log_prob for each in found]
    assert scores == sorted(scores, reverse=True)
    assert len(found) <= beam


def test_a_decoder_that_never_ends_is_stopped():
    writer = ToyWriter(None, unlikely=LETTERS[END])
    found = write(writer, HEARD, steps=40, beam=2)
    assert all(len(writer.pieces.encode(each.text)) <= 14 for each in found)
