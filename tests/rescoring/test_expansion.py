"""Lattices expanded under a language model, against an exhaustive count of every path."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.lattice.graph import log_sum_exp
from assistant.lattice.nbest import nbest
from assistant.rescoring.expansion import rescore
from assistant.rescoring.language_model import END_TAG, Query, WeightedSum, WordBonus
from assistant.rescoring.wire import pack_reweighted, unpack_reweighted
from tests.rescoring.lattices import HOME, LIGHTS, Bigrams, lattice

WORDS = ["", "turn", "on", "off", "lights", "an"]


def paths(words, node=0):
    """Every path from a node to the end, as edges."""
    if node == words.final:
        yield ()
    for edge in words.edges:
        if edge.start == node:
            yield from ((edge, *rest) for rest in paths(words, edge.end))


def by_hand(words, model):
    """Every text with the score of all its paths."""
    scores = {}
    for path in paths(words):
        state, score = model.start, 0.0
        for word in [*(edge.word for edge in path if edge.word), END_TAG]:
            (extension,) = model.extend([Query(state, word)])
            state, score = extension.state, score + extension.log_prob
        score += sum(edge.log_prob for edge in path)
        scores.setdefault(" ".join(edge.word for edge in path if edge.word), []).append(score)
    return {text: log_sum_exp(each) for text, each in scores.items()}


def expanded(words, model, beam=1000):
    (edges,) = rescore([words], model, beam)
    return unpack_reweighted(pack_reweighted(edges), words)


@st.composite
def any_lattice(draw):
    """A chain, so that there is a way to the end, and more edges across it."""
    last = draw(st.integers(1, 5))
    pairs = [(number, number + 1) for number in range(last)]
    further = st.tuples(st.integers(0, last - 1), st.integers(1, last)).filter(
        lambda pair: pair[0] < pair[1]
    )
    pairs += draw(st.lists(further, max_size=6))
    word, score = st.sampled_from(WORDS), st.integers(-80, 0).map(lambda steps: steps / 16)
    return lattice(*{(*pair, draw(word), draw(score)) for pair in pairs})


@settings(max_examples=60, deadline=None)
@given(any_lattice())
def test_every_path_is_scored_as_if_it_were_alone(words):
    model = WeightedSum([(HOME, 0.5), (WordBonus(), 0.25)])
    expected = by_hand(words, model)
    found = nbest(expanded(words, model), len(expected))
    assert {each.text for each in found} == set(expected)
    for each in found:
        assert each.log_prob == pytest.approx(expected[each.text], abs=0.1)


def test_the_language_model_decides_between_what_sounds_alike():
    assert nbest(LIGHTS, 1)[0].text == "turn an lights"
    assert nbest(expanded(LIGHTS, HOME), 1)[0].text == "turn on lights"


def test_a_path_that_no_nbest_list_had_can_win():
    """Forty ways to mishear two words push the right one out of any list of ten."""
    alike = [(0, 1, f"word{number}", -0.01 * number) for number in range(40)]
    words = lattice(*alike, (0, 1, "turn", -1.0), (1, 2, "on", -0.1), (2, 3, "lights", -0.1))
    assert "turn on lights" not in {each.text for each in nbest(words, 10)}
    assert nbest(expanded(words, HOME, beam=8), 1)[0].text == "turn on lights"


def test_histories_with_equal_states_are_one():
    """Two ways to begin, one word after both: to a bigram model that is one history."""
    words = lattice((0, 1, "turn", -1.0), (0, 1, "tern", -1.0), (1, 2, "on", -1.0))
    assert len(expanded(words, HOME).nodes) == 4

    class Forgetful(Bigrams):
        def extend(self, queries):
            return [extension._replace(state="") for extension in super().extend(queries)]

    assert len(expanded(words, Forgetful("turn on")).nodes) == 3


@pytest.mark.parametrize("beam", [1, 2, 5])
def test_the_beam_bounds_the_work(beam):
    edges = [(at, at + 1, f"w{word}", -0.1 * word) for at in range(6) for word in range(10)]
    model = Bigrams("a b")
    words = expanded(lattice(*edges), model, beam)
    assert len(words.nodes) <= 6 * beam + 1
    assert max(model.asked) <= 10 * beam


def test_several_lattices_are_as_each_by_itself_and_ask_together():
    other = lattice((0, 1, "turn", -0.5), (1, 2, "off", -0.5), (2, 3, "lights", -0.1))
    model = Bigrams("turn on lights")
    together = rescore([LIGHTS, other, LIGHTS], model, beam=8)
    assert len(model.asked) == 5, "as often as for the longest one alone"
    assert together == [rescore([each], HOME_LIKE, 8)[0] for each in (LIGHTS, other, LIGHTS)]


HOME_LIKE = Bigrams("turn on lights")


def test_a_lattice_without_a_way_to_the_end_has_no_edges():
    dead = lattice((0, 1, "turn", -0.1), (2, 3, "on", -0.1))
    assert rescore([dead, LIGHTS], HOME, beam=8)[0] == ()


def test_a_negative_weight_takes_away():
    less = WeightedSum([(HOME, 1.0), (HOME, -0.5)])
    half = WeightedSum([(HOME, 0.5)])
    words = [Query(less.start, "turn")], [Query(half.start, "turn")]
    assert less.extend(words[0])[0].log_prob == pytest.approx(half.extend(words[1])[0].log_prob)


def test_impossible_words_are_left_out():
    model = Bigrams("turn on lights", unlisted=-math.inf)
    assert {each.text for each in nbest(expanded(LIGHTS, model), 10)} == {"turn on lights"}
