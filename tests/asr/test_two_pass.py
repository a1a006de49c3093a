"""A sentence is heard again as a whole when it seems to be over."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.decoding import two_pass
from assistant.asr.decoding.beam_search import SearchSettings
from assistant.asr.decoding.joint_scorer import ATTENTION_WEIGHT, TOLERATED_LOSS, JointScorer
from assistant.asr.decoding.parts import LONGEST_PART, PART, Earlier
from assistant.asr.decoding.two_pass import encode_whole
from assistant.asr.features.frontend import WhisperFrontEnd
from assistant.asr.networks.model_folder import Model
from assistant.asr.recogniser import TransducerRecogniser, narrow
from assistant.asr.result import BiasPhrase
from assistant.asr.stream import PLACED_LATE_S
from assistant.asr.trimming import before
from assistant.lattice.graph import Hypothesis, Word
from assistant.lattice.nbest import nbest
from tests.asr.toy_network import LETTERS, ToyAttentionDecoder, ToyNetwork

NOTHING = Earlier.nothing(ToyNetwork().initial_state())
RATE = 16_000
AUDIO = (np.random.default_rng(0).standard_normal(2 * RATE) * 4000).astype(np.int16)


class Attentive(ToyNetwork):
    """Hears differently when it is given more at once, as attention to what follows does."""

    def __init__(self, whole_frames=128):
        super().__init__(seed=7)
        self.whole_frames = whole_frames
        self.given = []

    def encode(self, features, state):
        self.given.append(len(features))
        mean = features.mean() if len(features) > self.chunk_frames else 0.0
        return super().encode(features - np.float32(mean), state)


class Quiet(Attentive):
    """Says nothing where nothing is heard."""

    def encode(self, features, state):
        outputs, state = super().encode(features, state)
        loudness = features.reshape(-1, 4 * self.mels).mean(axis=1, keepdims=True)
        return np.where(loudness > -0.5, outputs, np.float32(0)), state

    def join(self, encoded, predicted):
        scores = super().join(encoded, predicted)
        scores[:, self.blank_id] += 50.0 * ~encoded.any(axis=-1)
        return scores


CHUNK = 160 * ToyNetwork.chunk_frames


def recogniser(network):
    return TransducerRecogniser(
        Model(network, WhisperFrontEnd(), max_symbols_per_frame=3), SearchSettings()
    )


@pytest.fixture
def heard_once(monkeypatch):
    """Nothing counts as badly heard, which to a toy all is."""
    monkeypatch.setattr(two_pass, "BADLY_HEARD", -np.inf)


def content(result):
    return result.nbest, result.lattice, result.end_of_sentence


def heard(network, samples, cuts=()):
    stream = recogniser(network).open()
    for start, end in pairwise([0, *sorted(cuts), len(samples)]):
        stream.accept(samples[start:end])
    return stream.finish()


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, len(AUDIO)), max_size=5))
def test_two_pass_does_not_depend_on_how_the_audio_came(cuts):
    assert content(heard(Attentive(), AUDIO, cuts)) == content(heard(Attentive(), AUDIO))


def test_the_result_is_that_of_two_passes():
    model = Model(ToyNetwork(seed=7), WhisperFrontEnd(), max_symbols_per_frame=3)
    stream = TransducerRecogniser(model, narrow(SearchSettings())).open()
    stream.accept(AUDIO)
    once, again = stream.finish(), heard(Attentive(), AUDIO)
    assert again.streaming_text == once.text
    assert again.end_of_sentence == once.end_of_sentence
    assert content(again) != content(once)


def test_during_speech_there_is_only_the_first_pass():
    network = Attentive()
    stream = recogniser(network).open()
    network.given.clear()
    stream.accept(AUDIO)
    assert stream.partial().text
    assert max(network.given) == network.chunk_frames


def test_after_a_look_nothing_new_costs_no_other_pass():
    network = Attentive()
    stream = recogniser(network).open()
    stream.accept(AUDIO)
    looked = stream.peek()
    network.given.clear()
    result = stream.finish()
    assert max(network.given) <= network.chunk_frames
    assert (result.nbest, result.lattice) == (looked.nbest, looked.lattice)
    assert result.decode_ms >= looked.decode_ms


def test_after_a_look_other_words_are_heard_again():
    stream = recogniser(Attentive()).open()
    stream.accept(AUDIO[:RATE])
    stream.peek()
    stream.accept(AUDIO[RATE:])
    assert content(stream.finish()) == content(heard(Attentive(), AUDIO))


def test_what_a_look_heard_stands_until_there_are_more_words():
    chunks = len(AUDIO) // CHUNK * CHUNK
    stream = recogniser(Quiet()).open()
    stream.accept(np.concatenate([AUDIO[:chunks], np.zeros(2 * CHUNK, np.int16)]))
    first = stream.partial()
    looked = stream.peek()
    assert looked.text != first.text
    assert stream.partial() is looked
    stream.accept(np.zeros(CHUNK, np.int16))
    assert stream.partial() is looked
    stream.accept(AUDIO)
    assert len(stream.partial().text.split()) > len(looked.text.split())
    assert stream.partial().streaming_text == ""  # of the first pass alone


def test_a_look_is_a_new_one_when_speech_went_on_even_without_words():
    network = Quiet()
    stream = recogniser(network).open()
    stream.accept(AUDIO)
    stream.peek()
    passes = []
    for goes_on in (False, True, False):
        if goes_on:
            stream.goes_on()
        network.given.clear()
        stream.peek()
        passes.append(max(network.given) > network.chunk_frames)
    assert passes == [False, True, False]


def test_the_second_pass_hears_nothing_of_a_voice_that_goes_on_after_the_user():
    others = [
        (np.random.default_rng(seed).standard_normal(RATE) * 4000).astype(np.int16)
        for seed in (1, 2)
    ]

    def found(other, until_s):
        stream = recogniser(Attentive()).open()
        stream.accept(np.concatenate([AUDIO[:RATE], other]))
        return stream.peek(until_s).nbest, stream.finish(until_s).nbest

    until_s = 1.0 + PLACED_LATE_S
    first, second = (found(other, until_s) for other in others)
    assert first == second
    assert first[0][0].text
    assert found(others[0], 2.0)[0] != found(others[1], 2.0)[0]


def test_where_somebody_else_has_spoken_since_a_look_stands():
    """What they said would spoil a new one, and it is left out of the last one."""
    network = Attentive()
    stream = recogniser(network).open()
    stream.accept(AUDIO)
    looked = stream.peek()
    stream.accept(AUDIO)
    network.given.clear()
    assert content(stream.peek(1.0)) == content(before(looked, 1.0))
    assert not network.given
    assert all(word.start_s < 1.0 for word in stream.finish(1.0).nbest[0].words)
    assert stream.finish().nbest[0].words[-1].start_s > 3.0


LONG = np.concatenate([AUDIO // (1 + (number % 3)) for number in range(8)])
"""Sixteen seconds."""


@pytest.mark.usefixtures("heard_once")
@pytest.mark.parametrize("decoder", [False, True])
def test_a_long_utterance_is_heard_again_in_parts(decoder):
    network = Written() if decoder else Attentive()
    network.given.clear()
    result = heard(network, LONG)
    assert max(network.given) <= network.whole_frames
    frames = len(LONG) // 160
    again = sum(network.given) - frames
    assert frames - LONGEST_PART < again <= frames + network.frame_multiple
    spoken = [(word.start_s, word.end_s) for word in result.nbest[0].words]
    assert spoken == sorted(spoken)
    assert spoken[0][0] < 2
    assert spoken[-1][1] > 14
    assert nbest(result.lattice, 1)[0].text == result.text


@pytest.mark.parametrize("cuts", [(100, 7000, 170_001), range(0, len(LONG), 1600)])
def test_the_parts_do_not_depend_on_how_the_audio_came(cuts):
    assert content(heard(Attentive(), LONG, cuts)) == content(heard(Attentive(), LONG))


def test_what_a_look_tells_of_a_long_utterance_is_what_finishing_would():
    stream = recogniser(Attentive()).open()
    stream.accept(LONG[: 11 * RATE])
    before = stream.partial().text
    looked = stream.peek()
    assert content(stream.peek()) == content(looked)
    stream.accept(LONG[11 * RATE :])
    assert before.split()[:3] == stream.partial().text.split()[:3]
    assert content(stream.finish()) == content(heard(Attentive(), LONG))


def test_the_beginning_of_a_long_utterance_stays_as_it_was_heard():
    """However much comes after it; and what is remembered of the audio does not grow."""
    stream = recogniser(Attentive()).open()
    stream.accept(LONG)
    first = stream.finish().text.split()
    longer = recogniser(Attentive()).open()
    longer.accept(LONG)
    longer.accept(LONG)
    kept = sum(map(len, longer._position.decoded))
    assert kept <= LONGEST_PART + ToyNetwork.chunk_frames
    words = longer.finish().text.split()
    over = len(first) // 3
    assert words[:over] == first[:over]
    assert len(words) > 1.5 * len(first)


def test_silence_in_a_long_utterance_is_not_heard_again():
    network = Quiet()
    audio = np.concatenate([AUDIO, np.zeros(20 * RATE, np.int16), AUDIO])
    result = heard(network, audio)
    assert result.text
    # Both sentences, each with the rest of its part.
    again = sum(network.given) - len(audio) // 160
    assert again <= 2 * PART[1] + LONGEST_PART
    words = result.nbest[0].words
    assert words[-1].start_s > 20


@pytest.mark.parametrize("frames", [4, 124, 128, 132, 260, 512, 516])
def test_long_sentences_are_seen_in_blocks(frames):
    network = Attentive()
    features = np.ones((frames, network.mels), np.float32)
    outputs, inner, _ = encode_whole(network, features, network.initial_state())
    assert len(outputs) == frames // network.frames_per_output
    assert inner.size == 0
    assert sum(network.given) == frames
    assert max(network.given) <= network.whole_frames


class Written(Attentive):
    """With an attention decoder, which has heard the same."""

    def __init__(self, **settings):
        super().__init__()
        self.attention_decoder = ToyAttentionDecoder(self, **settings)


def test_both_decoders_judge_every_text_of_the_result():
    network = Written(sharpness=2.0)
    result = heard(network, AUDIO)
    alone = heard(Attentive(), AUDIO)
    assert content(result) != content(alone)
    assert result.streaming_text == alone.streaming_text
    scores = [each.log_prob for each in result.nbest]
    assert scores == sorted(scores, reverse=True)
    assert sum(each.posterior for each in result.lattice.edges if each.start == 0) == (
        pytest.approx(1.0)
    )
    assert nbest(result.lattice, 1)[0].text == result.text


@pytest.mark.usefixtures("heard_once")
def test_a_decoder_without_an_opinion_changes_no_order():
    result, alone = heard(Written(sharpness=0.0), AUDIO), heard(Attentive(), AUDIO)
    lengths = {len(each.text) for each in result.nbest}
    assert len(lengths) > 1
    known = {each.text: each for each in alone.nbest}
    shared = [each for each in result.nbest if each.text in known]
    assert shared
    for each in shared:
        pieces = ToyAttentionDecoder(None).pieces.encode(each.text)
        cost = (len(pieces) + 1) * np.log(len(LETTERS))
        mean = (1 - ATTENTION_WEIGHT) * known[each.text].log_prob - ATTENTION_WEIGHT * cost
        assert each.log_prob == pytest.approx(mean, abs=1e-3)


def test_what_is_badly_heard_is_heard_again_and_the_likelier_counts(monkeypatch):
    gained = []
    for seed in range(8):
        samples = (np.random.default_rng(seed).standard_normal(RATE) * 4000).astype(np.int16)
        results, given = [], []
        for badly in (-np.inf, np.inf):
            network = Written(sharpness=2.0)
            network.given.clear()
            monkeypatch.setattr(two_pass, "BADLY_HEARD", badly)
            results.append(heard(network, samples))
            given.append(sum(network.given))
        once, twice = results
        assert given[0] < given[1]
        gained.append(twice.nbest[0].log_prob - once.nbest[0].log_prob)
        assert (content(twice) == content(once)) == (gained[-1] == 0)
    assert min(gained) == 0 < max(gained)


def test_a_transducer_alone_hears_nothing_again(monkeypatch):
    monkeypatch.setattr(two_pass, "BADLY_HEARD", np.inf)
    network = Attentive()
    network.given.clear()
    heard(network, AUDIO)
    assert sum(network.given) <= 2 * len(AUDIO) // 160 + network.frame_multiple


def test_a_text_that_the_transducer_cannot_have_heard_does_not_win():
    """However sure the decoder is of it; one that is a little worse may."""
    decoder = ToyAttentionDecoder(None, sharpness=0.0, unlikely="▁a")
    words = {text: tuple(Word(word, 0.0, 0.1) for word in text.split()) for text in ("a b", "c d")}
    ranked = {}
    for worse in (TOLERATED_LOSS, TOLERATED_LOSS + 2, TOLERATED_LOSS + 50):
        own = [Hypothesis(words["a b"], -4.0), Hypothesis(words["c d"], -4.0 - worse)]
        scorer = JointScorer(decoder, np.ones((8, 8), np.float32), (), own, NOTHING)
        ranked[worse] = {each.text: each.log_prob for each in scorer.ranked(own)}
        lost = ranked[TOLERATED_LOSS]["c d"] - ranked[worse]["c d"]
        beyond = worse - TOLERATED_LOSS
        assert lost == pytest.approx(beyond + (1 - ATTENTION_WEIGHT) * beyond, abs=1e-4)
    first = [next(iter(each)) for each in ranked.values()]
    assert first == ["c d", "c d", "a b"]


def test_a_name_of_the_home_is_not_lost_to_a_decoder_that_does_not_know_it():
    network = Written(sharpness=0.0, unlikely="d")
    model = Model(network, WhisperFrontEnd(), max_symbols_per_frame=3)
    texts = []
    for names in ((), (BiasPhrase("ad"),)):
        stream = TransducerRecogniser(model, SearchSettings(), boost=4.0).open(names)
        stream.accept(AUDIO)
        texts.append(stream.finish().text.split())
    assert "ad" not in texts[0]
    assert "ad" in texts[1]
