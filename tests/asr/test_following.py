"""A text's score is the sum over its alignments and over the ways to cut it into tokens."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.bias import NoBias, ShallowFusion
from assistant.asr.following import FollowingSearch
from assistant.asr.lexicon import Lexicon
from assistant.asr.result import BiasPhrase
from assistant.asr.search import SearchSettings, Vocabulary
from assistant.lattice import log_sum_exp
from tests.asr.toy_network import ToyNetwork

FRAME_S = 0.04
NETWORK = ToyNetwork(seed=7, sharpness=1.0)
VOCABULARY = Vocabulary(NETWORK)
FREELY = Lexicon(NETWORK.pieces, None)
SYMBOLS = SearchSettings().symbols
WORDS = st.tuples(st.sampled_from("abc"), st.text("def", max_size=1)).map("".join)
TEXTS = st.lists(WORDS, min_size=1, max_size=2).map(" ".join)


def outputs(seed, count):
    features = np.random.default_rng(seed).standard_normal((4 * count, 80)).astype(np.float32)
    return NETWORK.encode(features, NETWORK.initial_state())[0]


def followed(texts, vectors, bias=None):
    search = FollowingSearch(VOCABULARY, texts, bias or NoBias(), FREELY)
    return search.finish(vectors, FRAME_S)


def summed(text, vectors):
    """Every alignment of every cut, one after another."""
    letters = "".join("▁" + word for word in text.split())

    @cache
    def scores(frame, context):
        joined = NETWORK.join(vectors[frame], NETWORK.predict(np.array([context])))[0]
        joined = joined - np.log(np.exp(joined).sum())
        silent = log_sum_exp(joined[VOCABULARY.silent].tolist())
        return silent, joined

    @cache
    def rest(frame, emitted, place, context):
        if emitted == SYMBOLS:
            return rest(frame + 1, 0, place, context)
        if frame == len(vectors):
            return 0.0 if place == len(letters) else -np.inf
        blank, tokens = scores(frame, context)
        ways = [blank + rest(frame + 1, 0, place, context)]
        for token, piece in enumerate(NETWORK.pieces):
            if token > 2 and letters.startswith(piece, place):
                after = (*context[1:], token)
                gained = float(tokens[token])
                ways.append(gained + rest(frame, emitted + 1, place + len(piece), after))
        return log_sum_exp(ways)

    return rest(0, 0, 0, (0,) * NETWORK.context_size)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), TEXTS)
def test_a_text_has_the_score_of_its_alignments(seed, text):
    vectors = outputs(seed, 5)
    exact = summed(text, vectors)
    found = followed([text], vectors)
    assert [each.text for each in found] == [text]
    assert exact - 1.0 < found[0].log_prob < exact + 1e-3


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_words_are_heard_one_after_another(seed):
    (found,) = followed(["a be c"], outputs(seed, 8))
    times = [(word.start_s, word.end_s) for word in found.words]
    assert all(start <= end for start, end in times)
    assert sorted(times) == times
    assert times[-1][1] <= 8 * FRAME_S + 1e-6


def test_a_name_is_favoured_as_in_a_free_search():
    bias = ShallowFusion(
        NETWORK.pieces, [BiasPhrase("ad")], 1.0, lambda names: [5.0 for _ in names]
    )
    vectors = outputs(3, 6)
    plain = {each.text: each for each in followed(["ad", "af"], vectors)}
    named = {each.text: each for each in followed(["ad", "af"], vectors, bias)}
    assert named["ad"].boost > 0
    gained = named["ad"].log_prob - plain["ad"].log_prob
    assert gained == pytest.approx(named["ad"].boost, abs=0.5)
    assert named["af"].log_prob == pytest.approx(plain["af"].log_prob, abs=0.5)


def test_a_text_that_nobody_can_have_said_is_left_out():
    assert followed(["a b c a b c a b c a b c"], outputs(1, 2)) == []


def test_letters_that_no_token_has_cannot_be_followed():
    assert followed(["xyz"], outputs(1, 4)) == []
