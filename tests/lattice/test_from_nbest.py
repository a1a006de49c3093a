import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.lattice.from_nbest import lattice_of
from assistant.lattice.graph import Hypothesis, Word, best_path, log_sum_exp, with_posteriors
from assistant.lattice.nbest import nbest

WORDS = st.lists(st.sampled_from(["turn", "the", "light", "on"]), max_size=4)
HYPOTHESES = st.lists(
    st.tuples(WORDS, st.floats(-50, 50)), min_size=1, max_size=8, unique_by=lambda x: tuple(x[0])
)


def hypothesis_of(words, log_prob):
    timed = (Word(word, 0.3 * place, 0.3 * place + 0.2) for place, word in enumerate(words))
    return Hypothesis(tuple(timed), log_prob)


@given(HYPOTHESES)
def test_paths_are_the_hypotheses_with_their_scores(drawn):
    given_ones = [hypothesis_of(*each) for each in drawn]
    lattice = with_posteriors(lattice_of(given_ones))
    found = {each.text: each.log_prob for each in nbest(lattice, 20)}
    assert found == pytest.approx({each.text: each.log_prob for each in given_ones}, abs=1e-6)
    best = max(given_ones, key=lambda each: each.log_prob)
    assert sum(e.log_prob for e in best_path(lattice)) == pytest.approx(best.log_prob, abs=1e-6)


@given(HYPOTHESES)
def test_posteriors_are_shares_of_the_summed_score(drawn):
    given_ones = [hypothesis_of(*each) for each in drawn]
    lattice = with_posteriors(lattice_of(given_ones))
    total = log_sum_exp(each.log_prob for each in given_ones)
    for node in lattice.nodes[:-1]:
        into = sum(edge.posterior for edge in lattice.edges if edge.end == node.id)
        out = sum(edge.posterior for edge in lattice.edges if edge.start == node.id)
        assert out == pytest.approx(into if node.id else 1.0, abs=1e-6)
    for edge in lattice.edges:
        assert edge.start < edge.end
    for word in ("turn", "the", "light", "on"):
        share = sum(
            math.exp(each.log_prob - total)
            for each in given_ones
            if each.words and each.words[0].text == word
        )
        first = sum(e.posterior for e in lattice.edges if e.start == 0 and e.word == word)
        assert first == pytest.approx(share, abs=1e-6)


def test_silence_is_an_edge_without_a_word():
    lattice = with_posteriors(lattice_of([Hypothesis((), -3.0)]))
    assert [(edge.word, edge.posterior) for edge in lattice.edges] == [("", 1.0)]
