"""Frames that several searches hear are computed once, and not at all where nothing is said."""

import numpy as np
import pytest

from assistant.asr.biasing.shallow_fusion import NoBias
from assistant.asr.decoding import vocabulary
from assistant.asr.decoding.beam_search import Search, SearchSettings
from assistant.asr.decoding.frames import ScoredFrame, SoundingFrames
from assistant.asr.decoding.transcript_scorer import TranscriptScorer, tokenised
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.vocabulary.lexicon import Lexicon
from tests.asr.toy_network import TOKENS, ToyNetwork

NETWORK = ToyNetwork(seed=1, blank=0.5)
VOCABULARY = Vocabulary(NETWORK)
SILENCE = (10 * np.sign(NETWORK._out[:, NETWORK.blank_id])).astype(np.float32)
"""An encoder output after which a blank is all but certain, whatever was said."""


def test_the_joiner_is_asked_once_for_each_context(monkeypatch):
    asked = []

    def join(encoded, predicted):
        asked.append(encoded.shape)
        return ToyNetwork.join(NETWORK, encoded, predicted)

    monkeypatch.setattr(NETWORK, "join", join)
    vectors = np.linspace(-1, 1, 3 * 8, dtype=np.float32).reshape(3, 8)
    frames = ScoredFrame.of(VOCABULARY, vectors)
    one, two = (VOCABULARY.context(VOCABULARY.start, TOKENS.index(each)) for each in ("▁a", "▁b"))
    first, again = frames[0].rows([one, two, one]), frames[1].rows([two, VOCABULARY.start, one])
    assert asked == [(2 * 3, 8), (3, 8)]
    assert (first[0], first[1]) == (first[2], again[0])
    for vector, frame in zip(vectors, frames, strict=True):
        log_probs, ends = VOCABULARY.scores(vector[None], [one, two])
        assert frame.log_probs[[first[0], first[1]]] == pytest.approx(
            log_probs[:, 0], rel=1e-5, abs=1e-5
        )
        assert frame.ends[[first[0], first[1]]] == pytest.approx(ends[:, 0], rel=1e-5, abs=1e-5)


def test_a_context_s_digits_are_the_last_tokens():
    context = VOCABULARY.start
    for token in (4, 5, 6):
        context = VOCABULARY.context(context, token)
    assert context == 5 * len(TOKENS) + 6
    assert 0 <= context < VOCABULARY.contexts


def heard(vectors):
    search = Search(VOCABULARY, SearchSettings())
    frames = ScoredFrame.of(VOCABULARY, np.array(vectors))
    for frame in frames:
        search.hear(frame)
    return frames


def scored(sounding):
    words = Lexicon(TOKENS, None)
    text = tokenised("ad", lambda _: [TOKENS.index("▁a"), 6], VOCABULARY, NoBias(), words)
    return TranscriptScorer(VOCABULARY, 2, [text]).scored(sounding, 0.04)[0]


def test_where_nothing_is_said_only_the_open_search_hears():
    spoken = np.random.default_rng(3).standard_normal((3, 8), np.float32)
    vectors = [SILENCE, spoken[0], SILENCE, SILENCE, spoken[1], spoken[2], SILENCE]
    frames = heard(vectors)
    sounding = SoundingFrames.of(frames)
    assert sounding.numbers == (1, 4, 5)
    assert sounding.frames == (frames[1], frames[4], frames[5])
    every = scored(SoundingFrames(tuple(frames), tuple(range(len(frames))), 0.0))
    some = scored(sounding)
    assert some.words == every.words
    assert some.log_prob == pytest.approx(every.log_prob, abs=0.01 * len(vectors))


def test_what_nobody_has_heard_is_not_taken_for_silence():
    frames = ScoredFrame.of(VOCABULARY, np.array([SILENCE] * 2))
    assert SoundingFrames.of(frames).numbers == (0, 1)
    frames[1].rows([VOCABULARY.start])
    assert SoundingFrames.of(frames).numbers == (0,)


def test_what_the_predictor_put_out_is_kept_for_some_contexts(monkeypatch):
    monkeypatch.setattr(vocabulary, "CONTEXTS", 4)
    network = ToyNetwork()
    asked = []
    predict = network.predict
    monkeypatch.setattr(network, "predict", lambda each: asked.append(len(each)) or predict(each))
    kept = vocabulary.Vocabulary(network)
    vectors = np.random.default_rng(0).standard_normal((2, 8)).astype(np.float32)
    for contexts, new in [([0, 1, 0], 2), ([1, 2], 1), ([1], 0), ([3, 4, 1], 2), ([2], 1)]:
        before = sum(asked)
        scores, ends = kept.scores(vectors, contexts)
        assert sum(asked) - before == new
        expected, over = vocabulary.Vocabulary(ToyNetwork()).scores(vectors, contexts)
        np.testing.assert_array_equal(scores, expected)
        np.testing.assert_array_equal(ends, over)
