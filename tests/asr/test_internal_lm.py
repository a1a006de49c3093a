"""What a recogniser expects to be said."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.asr.biasing.internal_lm import InternalLanguageModel
from assistant.asr.networks.model_folder import load_model
from tests.asr.toy_network import TOKENS, ToyNetwork


def log_probs(network, context):
    """Of the tokens that are written, after a context."""
    scores = network.join(np.zeros(8, np.float32), network.predict(np.array([context])))[0]
    written = scores[3:].astype(float)
    return dict(zip(TOKENS[3:], written - np.log(np.exp(written).sum()), strict=True))


def test_a_text_costs_what_its_tokens_cost_one_after_another():
    network = ToyNetwork(seed=3)
    expected = InternalLanguageModel(network).improbability
    a, d, b = (TOKENS.index(piece) for piece in ("▁a", "d", "▁b"))
    first = log_probs(network, [0, 0])["▁a"]
    second = log_probs(network, [0, a])["d"]
    third = log_probs(network, [a, d])["▁b"]
    assert expected(["ad b"]) == pytest.approx([-(first + second + third)], rel=1e-5)
    assert b


@given(st.lists(st.text("abcdef ", max_size=8).map(lambda text: " ".join(text.split()))))
def test_texts_are_independent_of_each_other_and_of_what_is_known(texts):
    together = InternalLanguageModel(ToyNetwork(seed=1)).improbability
    apart = [InternalLanguageModel(ToyNetwork(seed=1)).improbability([text])[0] for text in texts]
    assert together(texts) == pytest.approx(apart, rel=1e-5)
    assert together(texts[::-1]) == pytest.approx(apart[::-1], rel=1e-5)


def test_what_cannot_be_written_costs_nothing():
    assert InternalLanguageModel(ToyNetwork()).improbability(["", "xyz"]) == [0, 0]


@dataclass
class Counted:
    """A network that counts the rows it predicts."""

    network: ToyNetwork
    rows: int = 0

    def __getattr__(self, name):
        return getattr(self.network, name)

    def predict(self, contexts):
        self.rows += len(contexts)
        return self.network.predict(contexts)


def test_only_new_names_are_looked_at():
    network = Counted(ToyNetwork())
    expected = InternalLanguageModel(network).improbability
    expected(["ad", "bef"])
    before = network.rows
    expected(["ad", "bef", "cd"])
    assert network.rows == before + 2


@pytest.fixture(scope="module")
def shipped():
    model = load_model(Path(__file__).parents[2] / "models" / "en-small")
    return InternalLanguageModel(model.network)


def test_the_shipped_model_expects_a_home_s_words_rather_than_foreign_names(shipped):
    kitchen, list_, hygge, ngozi = shipped.improbability(
        ["kitchen light", "shopping list", "hyggelampe", "ngozi okafor"]
    )
    assert max(kitchen, list_) < 0.5 * min(hygge, ngozi)


def test_a_list_with_one_more_name_asks_for_that_alone():
    network = ToyNetwork(seed=2)
    expected = InternalLanguageModel(network)
    names = ["fade", "deaf", "a bad cafe"]
    before = expected.improbability(names)
    asked = []
    network.predict = lambda contexts, predict=network.predict: (
        asked.extend(contexts) or predict(contexts)
    )
    assert expected.improbability([*names, "add"])[:3] == before
    assert 0 < len(asked) <= len("add") + 1


@given(st.text("abcdef", min_size=1, max_size=6))
def test_a_word_is_cut_as_the_recogniser_expects_it(word):
    network = ToyNetwork(seed=2)
    expected = InternalLanguageModel(network)
    usual, shortest = expected.usual_cut(word), expected.cut(word)
    assert "".join(TOKENS[token] for token in usual) in {f"▁{word}", ""}
    assert bool(usual) == bool(shortest)
    assert len(usual) <= len(shortest) + 1
    if usual:
        costs = [sum_of_costs(network, tokens) for tokens in (usual, shortest)]
        assert costs[0] <= costs[1] + 1e-6


def sum_of_costs(network, tokens):
    said = (0,) * network.context_size + tokens
    ends = range(network.context_size, len(said))
    return -sum(
        log_probs(network, said[end - network.context_size : end])[TOKENS[said[end]]]
        for end in ends
    )


def test_words_are_cut_as_in_training(shipped):
    tokens = shipped._network.tokens
    cuts = [[tokens[token] for token in shipped.usual_cut(word)] for word in ("iced", "lamp")]
    assert cuts == [["▁i", "ce", "d"], ["▁lamp"]]
