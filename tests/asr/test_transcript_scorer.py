"""A text's score is the sum over all its alignments."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.biasing.shallow_fusion import NoBias, ShallowFusion
from assistant.asr.decoding.beam_search import SearchSettings
from assistant.asr.decoding.frames import ScoredFrame, SoundingFrames
from assistant.asr.decoding.transcript_scorer import TranscriptScorer, tokenised
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.result import BiasPhrase
from assistant.asr.vocabulary.lexicon import Lexicon
from assistant.lattice.graph import log_sum_exp
from tests.asr.toy_network import ToyNetwork

FRAME_S = 0.04
NETWORK = ToyNetwork(seed=7, sharpness=1.0)
VOCABULARY = Vocabulary(NETWORK)
FREELY = Lexicon(NETWORK.tokens, None)
SYMBOLS = SearchSettings().max_symbols_per_frame
WORDS = st.tuples(st.sampled_from("abc"), st.text("def", max_size=1)).map("".join)
TEXTS = st.lists(WORDS, min_size=1, max_size=2).map(" ".join)


def outputs(seed, count):
    features = np.random.default_rng(seed).standard_normal((4 * count, 80)).astype(np.float32)
    return NETWORK.encode(features, NETWORK.initial_state())[0]


def cut(word):
    """The longest tokens first."""
    letters, tokens = f"▁{word}", []
    while letters:
        fitting = [piece for piece in NETWORK.tokens if piece and letters.startswith(piece)]
        if not fitting:
            return []
        longest = max(fitting, key=len)
        tokens.append(NETWORK.tokens.index(longest))
        letters = letters.removeprefix(longest)
    return tokens


def scored(texts, vectors, bias=None):
    known = [tokenised(text, cut, VOCABULARY, bias or NoBias(), FREELY) for text in texts]
    frames = tuple(ScoredFrame.of(VOCABULARY, np.array(vectors)))
    sounding = SoundingFrames(frames, tuple(range(len(frames))), 0.0)
    return TranscriptScorer(VOCABULARY, SYMBOLS, [each for each in known if each]).scored(
        sounding, FRAME_S
    )


def summed(text, vectors):
    """Every alignment, one after another."""
    tokens = [token for word in text.split() for token in cut(word)]
    contexts = [(0,) * NETWORK.context_size]
    for token in tokens:
        contexts.append((*contexts[-1][1:], token))

    @cache
    def scores(frame, place):
        joined = NETWORK.join(vectors[frame], NETWORK.predict(np.array([contexts[place]])))[0]
        joined = joined - np.log(np.exp(joined).sum())
        silent = log_sum_exp(joined[VOCABULARY.silent].tolist())
        return silent, joined

    @cache
    def rest(frame, emitted, place):
        if emitted == SYMBOLS:
            return rest(frame + 1, 0, place)
        if frame == len(vectors):
            return 0.0 if place == len(tokens) else -np.inf
        blank, joined = scores(frame, place)
        ways = [blank + rest(frame + 1, 0, place)]
        if place < len(tokens):
            gained = float(joined[tokens[place]])
            ways.append(gained + rest(frame, emitted + 1, place + 1))
        return log_sum_exp(ways)

    return rest(0, 0, 0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), TEXTS)
def test_a_text_has_the_score_of_its_alignments(seed, text):
    vectors = outputs(seed, 5)
    exact = summed(text, vectors)
    found = scored([text], vectors)
    assert [each.text for each in found] == [text]
    assert found[0].log_prob == pytest.approx(exact, abs=1e-3)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_words_are_heard_one_after_another(seed):
    (found,) = scored(["a be c"], outputs(seed, 8))
    times = [(word.start_s, word.end_s) for word in found.words]
    assert all(start <= end for start, end in times)
    assert sorted(times) == times
    assert times[-1][1] <= 8 * FRAME_S + 1e-6


def test_a_name_is_favoured_as_in_a_free_search():
    bias = ShallowFusion(
        NETWORK.tokens, [BiasPhrase("ad")], 1.0, lambda names: [5.0 for _ in names]
    )
    vectors = outputs(3, 6)
    plain = {each.text: each for each in scored(["ad", "af"], vectors)}
    named = {each.text: each for each in scored(["ad", "af"], vectors, bias)}
    assert named["ad"].boost > 0
    gained = named["ad"].log_prob - plain["ad"].log_prob
    assert gained == pytest.approx(named["ad"].boost, abs=1e-4)
    assert named["af"].log_prob == pytest.approx(plain["af"].log_prob, abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.lists(TEXTS, min_size=2, max_size=4, unique=True))
def test_texts_do_not_change_each_others_scores(seed, texts):
    vectors = outputs(seed, 5)
    together = {each.text: each.log_prob for each in scored(texts, vectors)}
    for text in texts:
        (alone,) = scored([text], vectors)
        assert together[text] == pytest.approx(alone.log_prob, abs=1e-4)


def test_a_text_that_nobody_can_have_said_is_left_out():
    assert scored(["a b c a b c a b c a b c"], outputs(1, 2)) == []


def test_letters_that_no_token_has_cannot_be_followed():
    assert scored(["xyz"], outputs(1, 4)) == []
