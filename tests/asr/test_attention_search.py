from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.decoding import attention_search
from assistant.asr.decoding.attention_search import Continuations, decode, score
from assistant.asr.vocabulary.word_pieces import END, START, WordPieces
from tests.asr.toy_network import LETTERS, ToyAttentionDecoder, ToyPieceTree

HEARD = np.linspace(-1, 1, 8, dtype=np.float32)[None]
TEXTS = st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=1, max_size=3).map(" ".join)


def log_prob(decoder, pieces, before=()):
    """One piece after another, alone; those `before` cost nothing."""
    tree, total, given_pieces = decoder.tree(HEARD), 0.0, [START, *before, *pieces]
    targets = [*before, *pieces, END]
    for position, (piece, target) in enumerate(zip(given_pieces, targets, strict=True)):
        (scores,) = tree.grow([position - 1], [piece])
        total += float(scores[target]) if position >= len(before) else 0.0
    return total


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100), st.lists(TEXTS, min_size=1, max_size=5), st.just("") | TEXTS)
def test_texts_are_judged_as_if_each_were_alone(seed, texts, before):
    decoder = ToyAttentionDecoder(None, seed=seed)
    known = decoder.pieces.encode(before)
    scored = score(Continuations(decoder, HEARD, before), texts)
    for text, found in zip(texts, scored, strict=True):
        assert found.text == text
        assert len(found.words) == len(text.split())
        expected = log_prob(decoder, decoder.pieces.encode(text), known)
        assert found.log_prob == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("shortest", [0, 3])
@pytest.mark.parametrize("before", ["", "bad"])
@pytest.mark.parametrize("seed", range(5))
def test_a_wide_beam_finds_the_likeliest_of_all_texts(seed, before, shortest, monkeypatch):
    decoder = ToyAttentionDecoder(None, seed=seed)
    known = decoder.pieces.encode(before)
    monkeypatch.setattr(attention_search, "MOST_PIECES", 4 + len(known))
    found = decode(Continuations(decoder, HEARD, before), 100, beam=200, shortest=shortest)
    others = range(2, len(LETTERS))
    every = [pieces for length in range(4) for pieces in product(others, repeat=length)]
    long = [pieces for pieces in every if len(decoder.pieces.decode(pieces)) >= shortest]
    best = max(long, key=lambda pieces: log_prob(decoder, pieces, known))
    assert found[0].text == decoder.pieces.decode(best)
    assert found[0].log_prob == pytest.approx(log_prob(decoder, best, known), abs=1e-4)
    assert all(len(each.text) >= shortest for each in found)


@pytest.mark.parametrize("beam", [1, 3])
def test_the_best_come_first_and_no_more_than_the_beam(beam):
    found = decode(Continuations(ToyAttentionDecoder(None, seed=4), HEARD), 100, beam)
    scores = [each.log_prob for each in found]
    assert scores == sorted(scores, reverse=True)
    assert len(found) <= beam


@pytest.mark.parametrize("seed", range(5))
def test_texts_too_unlikely_to_be_wanted_are_not_followed(seed):
    decoder = ToyAttentionDecoder(None, seed=seed)
    every = decode(Continuations(decoder, HEARD), 8, beam=30)
    least = every[len(every) // 2].log_prob - 1e-3
    likely = decode(Continuations(decoder, HEARD), 8, beam=30, least=least)
    assert [each.text for each in likely] == [x.text for x in every if x.log_prob > least]


def test_a_beginning_is_asked_for_once(monkeypatch):
    decoder, asked = ToyAttentionDecoder(None, seed=2), []

    def grow(tree, parents, pieces):
        asked.extend(pieces)
        return of_toy(tree, parents, pieces)

    of_toy = ToyPieceTree.grow
    monkeypatch.setattr(ToyPieceTree, "grow", grow)
    continuations = Continuations(decoder, HEARD)
    first = score(continuations, ["bad cab", "bad"])
    count = len(decoder.pieces.encode("bad cab"))
    assert len(asked) == 1 + count
    assert score(continuations, ["bad", "bad cab"]) == first[::-1]
    assert len(asked) == 1 + count


def test_a_decoder_that_never_ends_is_stopped():
    decoder = ToyAttentionDecoder(None, unlikely=LETTERS[END])
    found = decode(Continuations(decoder, HEARD), 40, beam=2)
    assert all(len(decoder.pieces.encode(each.text)) <= 14 for each in found)


def test_what_is_longer_than_a_decoder_can_write_is_judged():
    decoder = ToyAttentionDecoder(None)
    (found,) = score(Continuations(decoder, HEARD, "abc"), ["bad " * 100])
    assert len(found.words) == 100
    assert np.isfinite(found.log_prob)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(2, 5), max_size=6))
def test_a_space_of_its_own_belongs_to_a_word_beside_it(written):
    decoder = ToyAttentionDecoder(None, seed=1)
    decoder.pieces = WordPieces(["<end>", "<start>", "▁", "▁a", "b", "▁c"])
    log_probs = tuple(-1.0 - place for place in range(len(written) + 1))
    made = attention_search._scored(decoder, tuple(written), log_probs)
    assert len(made.words) == len(made.text.split())
    assert made.log_prob == pytest.approx(sum(log_probs))


def test_spaces_before_between_and_after_words():
    decoder = ToyAttentionDecoder(None, seed=1)
    decoder.pieces = WordPieces(["<end>", "<start>", "▁", "▁a", "b", "▁c"])
    made = attention_search._scored(decoder, (2, 3, 4, 2, 5, 2), (-1, -2, -3, -4, -5, -6, -7))
    assert (made.text, made.words, made.end) == ("ab c", (-6, -9), -13)
