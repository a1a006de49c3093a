"""The beam search against the sum over all alignments, written out."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.biasing.shallow_fusion import ShallowFusion
from assistant.asr.decoding.beam_search import Search, SearchSettings
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.result import BiasPhrase
from assistant.lattice.graph import best_path, log_sum_exp
from tests.asr.test_shallow_fusion import by_letters
from tests.asr.toy_network import ToyNetwork

TOKENS = ("<blk>", "</s>", "▁a", "▁b", "c")
WIDE = {"beam": 10_000, "beam_threshold": 1e9, "branches": 10_000}


class Enumerated:
    """The score of every text, by following every alignment."""

    def __init__(self, network, frames, symbols):
        self._network, self._frames, self._symbols = network, frames, symbols
        self.scores = {}
        context = (network.blank_id,) * network.context_size
        self._frame(0, context, (), 0.0)

    def _frame(self, index, context, tokens, score):
        if index == len(self._frames):
            words = "".join(TOKENS[token] for token in tokens).replace("▁", " ").split()
            self.scores.setdefault(" ".join(words), []).append(score)
            return
        self._symbol(index, context, tokens, score, self._symbols)

    def _symbol(self, index, context, tokens, score, left):
        if left == 0:
            self._frame(index + 1, context, tokens, score)
            return
        predicted = self._network.predict(np.array([context]))
        logits = self._network.join(self._frames[index], predicted)[0].astype(np.float64)
        probs = np.exp(logits - logits.max())
        probs /= probs.sum()
        self._frame(index + 1, context, tokens, score + math.log(probs[0] + probs[1]))
        for token in range(2, len(TOKENS)):
            longer = (*tokens, token)
            self._symbol(
                index, (*context[1:], token), longer, score + math.log(probs[token]), left - 1
            )

    def best(self):
        summed = {text: log_sum_exp(scores) for text, scores in self.scores.items()}
        return sorted(summed.items(), key=lambda item: -item[1])

    def total(self):
        return log_sum_exp(score for scores in self.scores.values() for score in scores)


def frames(count, seed):
    return np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)


def searched(network, encoded, bias=None, **changes):
    search = Search(Vocabulary(network), SearchSettings(**changes), bias)
    search.step(np.array(encoded, np.float32))
    return search


def toy(seed, context_size):
    network = ToyNetwork(seed, TOKENS, context_size, sharpness=1.0)
    network.eos_id = 1
    return network


@pytest.mark.parametrize(("symbols", "count"), [(1, 5), (2, 3), (3, 2)])
@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_gives_the_sum_over_all_alignments(symbols, count, seed):
    """With a context that tells all texts apart, nothing is merged but alignments."""
    network, encoded = toy(seed, context_size=9), frames(count, seed)
    expected = Enumerated(network, encoded, symbols).best()
    found = searched(network, encoded, max_symbols_per_frame=symbols, **WIDE).graph(0.04).nbest(8)
    assert [hypothesis.text for hypothesis in found] == [text for text, _ in expected[:8]]
    for hypothesis, (_, score) in zip(found, expected, strict=False):
        assert hypothesis.log_prob == pytest.approx(score, abs=1e-3)


@pytest.mark.parametrize("symbols", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_merging_loses_no_probability(symbols, seed):
    """A node stands for several frames, so there are more paths; not more probability."""
    network, encoded = toy(seed, context_size=1), frames(5 - symbols, seed)
    expected = Enumerated(network, encoded, symbols)
    search = searched(network, encoded, max_symbols_per_frame=symbols, **WIDE)
    everything = search.graph(0.04).nbest(100_000)
    assert log_sum_exp(item.log_prob for item in everything) == pytest.approx(
        expected.total(), abs=1e-3
    )
    assert {item.text for item in everything} >= set(expected.scores)
    assert everything[0].text == expected.best()[0][0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 5))
def test_lattice_and_beam_agree(seed, count):
    """The lattice's paths sum to the beam's states, and its best texts are the n-best list."""
    search = searched(toy(seed, context_size=2), frames(count, seed))
    graph = search.graph(0.04)
    lattice = graph.lattice(0.0)
    total = log_sum_exp(state.log_prob for state in search.states)
    paths = dict(texts(lattice))
    assert log_sum_exp(score for scores in paths.values() for score in scores) == pytest.approx(
        total, abs=1e-6
    )
    summed = {text: log_sum_exp(scores) for text, scores in paths.items()}
    best = graph.nbest(10_000)
    assert {item.text: item.log_prob for item in best} == pytest.approx(summed, abs=1e-6)


def texts(lattice):
    """Every path's text and score."""
    found = {}
    paths = [(lattice.start, (), 0.0)]
    while paths:
        node, words, score = paths.pop()
        if node == lattice.final:
            text = " ".join(word for word in words if word)
            found.setdefault(text, []).append(score)
        paths += [
            (edge.end, (*words, edge.word), score + edge.log_prob)
            for edge in lattice.edges
            if edge.start == node
        ]
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 15), st.sampled_from([0.0, 1e-3, 0.05]))
def test_posteriors_sum_to_one_over_any_cut(seed, count, least):
    lattice = searched(toy(seed, context_size=1), frames(count, seed)).graph(0.04).lattice(least)
    for cut in range(len(lattice.nodes) - 1):
        crossing = [e.posterior for e in lattice.edges if e.start <= cut < e.end]
        assert sum(crossing) == pytest.approx(1.0, abs=1e-6)
    assert [node.id for node in lattice.nodes] == list(range(len(lattice.nodes)))
    assert all(edge.start < edge.end for edge in lattice.edges)
    times = {node.id: node.time_s for node in lattice.nodes}
    assert all(times[edge.start] <= times[edge.end] for edge in lattice.edges)


def test_pruning_keeps_the_best_path():
    graph = searched(toy(5, context_size=1), frames(20, 5), beam=16).graph(0.04)
    full, small = graph.lattice(0.0), graph.lattice(0.2)
    assert len(small.edges) < len(full.edges)
    assert [e.word for e in best_path(small)] == [e.word for e in best_path(full)]


def test_word_times_lie_in_order_within_the_audio():
    network, encoded = toy(3, context_size=2), frames(30, 3)
    for hypothesis in searched(network, encoded).graph(0.04).nbest(5):
        bounds = [time for word in hypothesis.words for time in (word.start_s, word.end_s)]
        assert bounds == sorted(bounds)
        assert bounds[0] >= 0
        assert bounds[-1] <= 30 * 0.04 + 1e-9


def test_no_audio_is_no_words():
    search = searched(toy(0, context_size=2), [])
    (silence,) = search.graph(0.04).nbest(5)
    assert silence.words == ()
    assert silence.log_prob == 0.0
    lattice = search.graph(0.04).lattice(1e-3)
    assert [edge.word for edge in lattice.edges] == [""]


def test_a_copy_goes_on_by_itself():
    network, encoded = toy(2, context_size=1), frames(24, 2)
    search = searched(network, encoded[:8])
    other = search.copy()
    for frame in frames(16, 77):
        other.step(frame[None])
        other.compact()
    other.graph(0.04)
    search.step(encoded[8:])
    undisturbed = searched(network, encoded)
    assert search.graph(0.04) == undisturbed.graph(0.04)


def test_compacting_changes_no_result():
    network, encoded = toy(4, context_size=1), frames(40, 4)
    plain, compacted = searched(network, encoded), searched(network, [])
    for frame in encoded:
        compacted.step(frame[None])
        compacted.compact()
    assert compacted.graph(0.04) == plain.graph(0.04)


def test_the_end_of_sentence_is_seen_and_fades():
    class Ending(ToyNetwork):
        def join(self, encoded, predicted):
            logits = np.full((len(predicted), len(TOKENS)), -9.0)
            logits[np.arange(len(logits)), encoded[:, 0].astype(int)] = 9.0
            return logits

    network = Ending(0, TOKENS, 2)
    network.eos_id = 1
    script = {"word": 2, "end": 1, "quiet": 0}
    heard = {}
    search = searched(network, [], max_symbols_per_frame=1)
    for frame in ["quiet", "word", "end", *["quiet"] * 20, "word"]:
        search.step(np.array([[script[frame]]], np.float32))
        heard.setdefault(frame, []).append(search.end_of_sentence)
    assert heard["quiet"][0] < 0.01
    assert heard["end"] == pytest.approx([1.0], abs=0.01)
    assert 0.3 < heard["quiet"][-1] < 0.5
    assert heard["word"] == pytest.approx([0.0, 0.0], abs=0.01)
    assert search.graph(0.04).nbest(1)[0].text == "a a"


class Spelling(ToyNetwork):
    """Each frame names a token that is likelier than another: ten times as likely."""

    def join(self, encoded, predicted):
        logits = np.full((len(predicted), len(TOKENS)), -20.0)
        likely, other = encoded.astype(int).T
        rows = np.arange(len(logits))
        logits[rows, likely], logits[rows, other] = math.log(10.0), 0.0
        return logits


A, B, C = TOKENS.index("▁a"), TOKENS.index("▁b"), TOKENS.index("c")


def spelled_out(frames_, listed, **changes):
    network = Spelling(0, TOKENS, 2)
    network.eos_id = 1
    bias = ShallowFusion(TOKENS, [BiasPhrase(name) for name in listed], 1.5, by_letters)
    search = searched(network, [], bias, max_symbols_per_frame=1, **changes)
    search.step(np.array(frames_, np.float32))
    return search.graph(0.04).nbest(1)[0]


def test_a_name_is_not_dropped_before_it_is_complete():
    frames_ = [(A, B), (C, 0)]
    assert spelled_out(frames_, ["bc"], beam=1, names=0).text == "ac"
    found = spelled_out(frames_, ["bc"], beam=1, names=1)
    assert found.text == "bc"
    assert found.boost == pytest.approx(3.0)


def test_an_unfinished_name_drops_nothing_else():
    frames_ = [(A, B), (C, 0), (0, C)]
    plain = spelled_out(frames_, [], beam=1, names=0)
    favoured = spelled_out(frames_, ["bcccc", "bca"], beam=1, names=1)
    assert favoured.text == plain.text == "ac"
    assert favoured.log_prob == pytest.approx(plain.log_prob)
