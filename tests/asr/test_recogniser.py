"""The recogniser's stream: the same result however the audio comes, looked at or not."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.decoding.beam_search import SearchSettings
from assistant.asr.features.frontend import WhisperFrontEnd
from assistant.asr.networks.model_folder import Model
from assistant.asr.recogniser import TransducerRecogniser
from assistant.asr.result import BiasPhrase
from tests.asr.toy_network import ToyNetwork

RATE = 16_000
AUDIO = (np.random.default_rng(0).standard_normal(2 * RATE) * 4000).astype(np.int16)
NAMES = (BiasPhrase("add"), BiasPhrase("bede cafe", 2.0))


@pytest.fixture(scope="module")
def recogniser():
    model = Model(ToyNetwork(seed=7), WhisperFrontEnd(), max_symbols_per_frame=3)
    return TransducerRecogniser(model, SearchSettings())


def content(result):
    return result.nbest, result.lattice, result.end_of_sentence


def heard(recogniser, samples, cuts=(), bias=(), look=()):
    """The final result; after the pieces in `look` the stream is looked at."""
    stream = recogniser.open(bias)
    for number, (start, end) in enumerate(pairwise([0, *sorted(cuts), len(samples)])):
        stream.accept(samples[start:end])
        if number in look:
            stream.peek()
            stream.partial()
    return stream.finish()


slices = st.lists(st.integers(0, len(AUDIO)), max_size=12)


@settings(max_examples=20, deadline=None)
@given(slices, st.sets(st.integers(0, 12)))
def test_slices_and_looks_change_nothing(recogniser, cuts, look):
    whole = heard(recogniser, AUDIO, bias=NAMES)
    assert content(heard(recogniser, AUDIO, cuts, NAMES, look)) == content(whole)
    assert whole.text


@settings(max_examples=10, deadline=None)
@given(st.integers(0, len(AUDIO)))
def test_a_look_tells_what_finishing_would(recogniser, length):
    stream = recogniser.open()
    stream.accept(AUDIO[:length])
    assert content(stream.peek()) == content(stream.finish())


def test_partial_results_are_of_whole_chunks(recogniser):
    stream = recogniser.open()
    stream.accept(AUDIO[: 3 * 5120 + 5000])
    whole_chunks = content(heard(recogniser, AUDIO[: 3 * 5120]))
    assert content(stream.partial()) == whole_chunks
    assert stream.partial() is stream.partial()
    assert content(stream.peek()) != whole_chunks


def test_removing_names_gives_the_unbiased_result(recogniser):
    before = heard(recogniser, AUDIO)
    favoured = heard(recogniser, AUDIO, bias=NAMES)
    assert content(favoured) != content(before)
    assert content(heard(recogniser, AUDIO)) == content(before)
    assert all(hypothesis.boost == 0 for hypothesis in before.nbest)


def test_what_was_boosted_is_shown(recogniser):
    names = (BiasPhrase("adf", 8.0),)
    result = heard(recogniser, AUDIO, bias=names)
    assert "adf" in result.text.split()
    assert result.nbest[0].boost > 0
    boosted = [edge for edge in result.lattice.edges if edge.boost > 0]
    assert {edge.word for edge in boosted} >= {"adf"}
    assert any(edge["boost"] > 0 for edge in result.lattice.to_json()["edges"])


def test_a_boost_of_nothing_is_no_boost():
    model = Model(ToyNetwork(seed=7), WhisperFrontEnd(), max_symbols_per_frame=3)
    weak = TransducerRecogniser(model, SearchSettings(), boost=0.0)
    assert content(heard(weak, AUDIO, bias=NAMES)) == content(heard(weak, AUDIO))


@pytest.mark.parametrize("length", [0, 1, 159])
def test_almost_no_audio_is_silence(recogniser, length):
    result = heard(recogniser, AUDIO[:length])
    assert result.text == ""
    assert len(result.nbest) == 1


def test_a_finished_stream_takes_no_more(recogniser):
    stream = recogniser.open()
    stream.accept(AUDIO[:8000])
    result = stream.finish()
    assert stream.finish() is result
    with pytest.raises(ValueError, match="open another"):
        stream.accept(AUDIO[:160])


def test_the_frames_of_the_audio_reach_the_network_once():
    """Chunks of 32 frames, then the rest rounded up to a multiple of 4."""

    class Counting(ToyNetwork):
        lengths = ()

        def encode(self, features, state):
            self.lengths = (*self.lengths, len(features))
            return super().encode(features, state)

    network = Counting()
    counting = TransducerRecogniser(Model(network, WhisperFrontEnd(), 3), SearchSettings())
    heard(counting, AUDIO[: 160 * 70], cuts=[100, 7000])
    assert network.lengths == (32, 32, 8)


def test_what_a_network_looks_ahead_to_comes_again_and_ends():
    """Windows of 32 frames and 8 more, moving on by 32; after the end the 8 are silence."""

    class Ahead(ToyNetwork):
        look_ahead_frames = 8
        frame_multiple = 32
        windows = ()

        def encode(self, features, state):
            self.windows = (*self.windows, features)
            return super().encode(features[:32], state)

    network, front_end = Ahead(), WhisperFrontEnd()
    ahead = TransducerRecogniser(Model(network, front_end, 3), SearchSettings())
    heard(ahead, AUDIO[: 160 * 70], cuts=[100, 7000])
    frames = front_end.open().accept(AUDIO[: 160 * 70])
    padded = np.pad(frames, ((0, 96), (0, 0)), constant_values=front_end.floor)
    for number, window in enumerate(network.windows):
        np.testing.assert_allclose(window, padded[32 * number : 32 * number + 40], atol=1e-6)
    assert len(network.windows) == 3


def test_time_spent_is_counted(recogniser):
    stream = recogniser.open()
    stream.accept(AUDIO)
    first = stream.partial().decode_ms
    stream.peek()
    assert stream.finish().decode_ms > first > 0
