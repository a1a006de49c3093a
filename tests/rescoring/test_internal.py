"""What a transducer knows of the language."""

import itertools
import math

import pytest

from assistant.rescoring.internal import RecogniserInside
from assistant.rescoring.language_model import END_TAG, NAME_TAG, Query
from tests.asr.toy_network import TOKENS, ToyNetwork


@pytest.fixture
def model():
    return RecogniserInside(ToyNetwork(seed=1))


def score(model, *words):
    state, total = model.start, 0.0
    for word in words:
        (extension,) = model.extend([Query(state, word)])
        state, total = extension.state, total + extension.log_prob
    return total


def test_what_may_come_next_has_probability_one(model):
    """Every first token of a word that is one token, and every later one, sum to one."""
    network = ToyNetwork(seed=1)
    after = model._after(model.start)
    spoken = [number for number, piece in enumerate(TOKENS) if not piece.startswith("<")]
    assert sum(math.exp(after[number]) for number in spoken) == pytest.approx(1.0, abs=1e-4)
    assert after[network.blank_id] == -math.inf


def test_a_word_s_score_is_the_sum_of_its_tokens(model):
    (extension,) = model.extend([Query(model.start, "ade")])
    context, total = model.start, 0.0
    for piece in ("▁a", "d", "e"):
        token = TOKENS.index(piece)
        total += float(model._after(context)[token])
        context = (*context[1:], token)
    assert extension.log_prob == pytest.approx(total)
    assert extension.state == context


def test_states_are_the_last_tokens_so_longer_histories_meet(model):
    states = set()
    for first, second in itertools.product("abc", repeat=2):
        state = model.start
        for word in (first, second, "ade"):
            state = model.extend([Query(state, word)])[0].state
        states.add(state)
    assert len(states) == 1


def test_tags_and_the_end_cost_nothing(model):
    assert score(model, NAME_TAG, END_TAG) == 0.0
    assert score(model, "xyz") == 0.0
