"""The search by a CTC output finds the sentences that fit its frames best."""

import math
from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.biasing.sentences import SpelledSentences
from assistant.asr.decoding import sentence_search, two_pass
from assistant.asr.decoding.beam_search import SearchSettings
from assistant.asr.decoding.ctc_search import find_by_ctc
from assistant.asr.decoding.sentence_beam import BeamSettings
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.features.frontend import WhisperFrontEnd
from assistant.asr.networks.ctc import CtcOutput
from assistant.asr.networks.model_folder import Model
from assistant.asr.recogniser import TransducerRecogniser
from assistant.asr.result import recognise
from tests.asr.test_sentence_search import SENTENCES, Listed
from tests.asr.toy_network import TOKENS, ToyAttentionDecoder, ToyNetwork

WIDE = BeamSettings(beam=500, margin=1e9, token_gain=0.0, texts=9)
VOCABULARY = Vocabulary(ToyNetwork())


def log_probs(seed, frames):
    scores = np.random.default_rng(seed).normal(0, 2, (frames, len(TOKENS)))
    return (scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))).astype(np.float32)


def found_in(frames, sentences=SENTENCES, search=WIDE):
    return find_by_ctc(frames, SpelledSentences(Listed(*sentences), TOKENS), VOCABULARY, search)


def likeliest_ways(frames):
    """By text, the log-probability of its likeliest way through all frames."""
    ways = {}
    spoken = [0, *range(3, len(TOKENS))]
    for way in product(spoken, repeat=len(frames)):
        said = "".join(TOKENS[token] for token, _ in groupby(way) if token)
        score = float(sum(frame[token] for frame, token in zip(frames, way, strict=True)))
        ways[said] = max(ways.get(said, -math.inf), score)
    return ways


@given(seed=st.integers(0, 1000), frames=st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_a_wide_search_finds_the_best_sentences(seed, frames):
    heard = log_probs(seed, frames)
    ways = likeliest_ways(heard)
    marked = {text: "▁" + text.replace(" ", "▁") for text in SENTENCES}
    possible = {text: ways[said] for text, said in marked.items() if said in ways}
    found = found_in(heard)
    assert found == pytest.approx(possible, abs=1e-4)
    assert list(found) == sorted(possible, key=possible.get, reverse=True)


@given(seed=st.integers(0, 1000), gain=st.floats(0, 5), beam=st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_nothing_but_sentences_is_found(seed, gain, beam):
    narrow = BeamSettings(beam=beam, margin=8.0, token_gain=gain, texts=4)
    assert set(found_in(log_probs(seed, 12), search=narrow)) <= set(SENTENCES)


def sounding(*tokens):
    """Frames that are sure of some tokens."""
    frames = np.full((len(tokens), len(TOKENS)), -12.0, np.float32)
    frames[np.arange(len(tokens)), tokens] = -1e-4
    return frames


def test_a_token_said_twice_needs_silence_in_between():
    a, b = TOKENS.index("▁a"), TOKENS.index("▁b")
    narrow = BeamSettings(beam=50, margin=5.0, token_gain=0.0, texts=4)
    assert list(found_in(sounding(a, a, b), ("a b", "a a b"), narrow)) == ["a b"]
    assert list(found_in(sounding(a, 0, a, b), ("a b", "a a b"), narrow)) == ["a a b"]


def test_long_silence_is_passed_over():
    a, b = TOKENS.index("▁a"), TOKENS.index("▁b")
    sentences = Listed("a b")
    spelled = SpelledSentences(sentences, TOKENS)
    short, long = sounding(a, 0, b), sounding(a, *[0] * 500, b)
    found = [find_by_ctc(each, spelled, VOCABULARY, WIDE) for each in (short, long)]
    assert found[0] == found[1]


def test_what_is_given_to_tokens_finds_what_was_left_out():
    """Held to its sentences, an output that half hears a word would rather leave it out."""
    a, b = TOKENS.index("▁a"), TOKENS.index("▁b")
    heard = sounding(a, 0, 0)
    heard[1, b] = -3.0
    heard[1, 0] = -0.06
    given, not_given = (
        list(found_in(heard, ("a", "a b"), BeamSettings(50, 20.0, gain, 4))) for gain in (4.0, 0.0)
    )
    assert (given, not_given) == (["a b", "a"], ["a", "a b"])


def asked_where(well_heard, monkeypatch):
    """What a recogniser with a CTC output finds, and how often it asks the transducer, too."""
    asked = []
    search = sentence_search.find_by_transducer
    monkeypatch.setattr(
        sentence_search, "find_by_transducer", lambda *args: asked.append(1) or search(*args)
    )
    monkeypatch.setattr(two_pass, "CLEARLY_HEARD", math.inf)
    monkeypatch.setattr(two_pass, "WELL_HEARD", -math.inf if well_heard else math.inf)
    monkeypatch.setattr(two_pass, "BADLY_HEARD", -math.inf)
    network = ToyNetwork(seed=7)
    network.whole_frames = 128
    network.attention_decoder = ToyAttentionDecoder(network, sharpness=0.2)
    weight = np.random.default_rng(3).standard_normal((len(TOKENS), 8), np.float32)
    ctc = CtcOutput(weight, np.zeros(len(TOKENS), np.float32))
    model = Model(network, WhisperFrontEnd(), max_symbols_per_frame=3, ctc=ctc)
    recogniser = TransducerRecogniser(model, SearchSettings())
    audio = (np.random.default_rng(0).standard_normal(16_000) * 4000).astype(np.int16)
    result = recognise(recogniser, audio, sentences=Listed("ad b c", "bf a"))
    return {each.text for each in result.nbest}, bool(asked)


def test_the_recogniser_finds_sentences_by_the_ctc_output(monkeypatch):
    found, asked = asked_where(well_heard=True, monkeypatch=monkeypatch)
    assert {"ad b c", "bf a"} & found
    assert not asked


def test_where_that_finds_none_that_was_heard_well_the_transducer_is_asked(monkeypatch):
    found, asked = asked_where(well_heard=False, monkeypatch=monkeypatch)
    assert {"ad b c", "bf a"} & found
    assert asked
