"""What has not changed is compiled once, and says the same beside what has."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.home.demo import DemoHome
from assistant.nlu.compiled_sentences import joined
from assistant.nlu.grammar import Grammar
from assistant.nlu.names import build_index
from assistant.nlu.sentence_network import SentenceNetwork
from tests.nlu.test_sentence_automaton import CHOICES, compiled, sentences, written
from tests.nlu.test_sentence_network import accepts

WORDS = {"on", "off", "dim", "it"}


@given(first=st.lists(CHOICES, max_size=3), second=st.lists(CHOICES, max_size=3))
@settings(max_examples=40, deadline=None)
def test_together_two_graphs_say_what_both_say(first, second):
    one, other, both = (
        compiled(map(written, each))[1]
        for each in (first or [[(["on"], False)]], second, first + second)
    )
    said = sentences(joined(one, other), WORDS)
    assert said == sentences(one, WORDS) | sentences(other, WORDS)
    if first:
        assert said == sentences(both, WORDS)


def own(sentence, **more):
    metadata = {"file": "mine.yaml", "line": 1, "sentence": sentence}
    data = {"sentences": [sentence], "slots": {"area": "Kitchen"}, "metadata": metadata}
    return {"language": "en", "intents": {"HassTurnOn": {"data": [data]}}, **more}


def says(grammar, text):
    network = SentenceNetwork(grammar.graph, build_index(DemoHome().areas(), (), ()))
    return accepts(network, text.split())


GUESTS = {"guests": {"range": {"from": 1, "to": 9}}}
MORE_GUESTS = {"guests": {"range": {"from": 1, "to": 30}}}


@pytest.fixture(scope="module")
def grammar():
    made = Grammar(["HassTurnOn", "HassGetState"], [own("cosy for {guests}", lists=GUESTS)])
    assert says(made, "cosy for nine")
    return made


def test_when_the_users_sentences_change_the_others_are_not_compiled_again(grammar):
    changed = [own("bright for {guests} please do", lists=MORE_GUESTS)]
    other = Grammar(["HassTurnOn", "HassGetState"], changed, before=grammar)
    assert says(other, "bright for twenty one please do")
    assert not says(other, "cosy for nine")
    assert says(other, "turn on the lights in the kitchen")
    assert says(other, "in ten minutes bright for two please do") == says(
        Grammar(["HassTurnOn", "HassGetState"], changed), "in ten minutes bright for two please do"
    )
    assert other.stock is grammar.stock
    assert not says(grammar, "bright for two please do")


@pytest.mark.parametrize(
    "more",
    [
        {"expansion_rules": {"turn": "(flick|switch)"}},
        {"lists": {"brightness": {"range": {"from": 0, "to": 7}}}},
    ],
)
def test_what_changes_for_them_is_compiled_again(grammar, more):
    assert {*more.get("expansion_rules", {})} <= {*grammar.stock.rules}
    wanted = ["HassTurnOn", "HassGetState", "HassLightSet"]
    before = Grammar(wanted, [own("cosy")])
    assert says(before, "turn on the lights in the kitchen")
    other = Grammar(wanted, [own("cosy", **more)], before=before)
    alone = Grammar(wanted, [own("cosy", **more)])
    for text in (
        "flick on the lights in the kitchen",
        "turn on the lights in the kitchen",
        "set the kitchen brightness to nine percent",
        "set the kitchen brightness to seven percent",
    ):
        assert says(other, text) == says(alone, text)
    assert other.stock is not before.stock
