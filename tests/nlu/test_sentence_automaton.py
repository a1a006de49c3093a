"""The graph of sentences is deterministic and small, and says what the templates say."""

from itertools import product

import pytest
from hassil import Intents
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.nlu.sentence_automaton import automaton, spellings
from assistant.nlu.sentence_graph import GraphBuilder
from tests.household import build

CHOICES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["on", "off", "dim it"]), min_size=1, max_size=3, unique=True),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
)
"""Alternatives, one after another, and whether each may be left out."""


def written(parts):
    """A template of `CHOICES`."""
    return " ".join(
        f"[{'|'.join(words)}]" if optional else f"({'|'.join(words)})" for words, optional in parts
    )


def compiled(templates, lists=None):
    """The graph of some templates and the automaton that it becomes."""
    document = {
        "language": "en",
        "intents": {"A": {"data": [{"sentences": list(templates)}]}},
        "lists": lists or {},
    }
    intents = Intents.from_dict(document)
    builder = GraphBuilder(intents.expansion_rules, intents.slot_lists)
    for sentence in intents.intents["A"].data[0].sentences:
        builder.add(sentence.expression)
    return builder.built(), automaton(builder.built())


def futures(graph):
    """What comes next at each node, and whether it may end there."""
    return [(node in graph.ends, frozenset(arcs)) for node, arcs in enumerate(graph.arcs)]


def sentences(graph, words):
    """All sentences of a graph without lists that consist of some words."""
    found, todo = set(), [(graph.start, ())]
    while todo:
        node, said = todo.pop()
        if node in graph.ends:
            found.add(" ".join(said))
        todo += [(target, (*said, word)) for word, target in graph.arcs[node] if word in words]
    return found


@given(st.lists(CHOICES, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_it_says_what_the_templates_say_and_nothing_else(templates):
    _, graph = compiled(f"go {written(parts)}" for parts in templates)
    expected = {
        " ".join(" ".join(["go", *chosen]).split())
        for parts in templates
        for chosen in product(*([*words, ""] if optional else words for words, optional in parts))
    }
    assert sentences(graph, {"go", "on", "off", "dim", "it"}) == expected


@pytest.mark.parametrize("home", [False, True])
def test_no_two_arcs_of_a_node_are_alike_and_no_two_nodes(home):
    if home:
        grammar = build().understanding._grammar
        assert grammar.graph  # of Home Assistant's sentences, and of the plugins' beside them
        graph = grammar.stock.graph
    else:
        _, graph = compiled(["turn (on|off) it", "turn [it] (on|off)", "turn off"])
    for arcs in graph.arcs:
        labels = [label for label, _ in arcs]
        assert len(set(labels)) == len(labels)
        assert not any(" " in label for label in labels if isinstance(label, str))
    assert len(set(futures(graph))) == len(graph.arcs)


def test_a_list_stays_a_graph_of_its_own():
    before, graph = compiled(
        ["make it {color}", "is it {color}"], {"color": {"values": ["light red", "tv blue"]}}
    )
    assert graph.lists.keys() == before.lists.keys()
    (call,) = [call for call in graph.lists if call.name == "color"]
    first = [label for label, _ in graph.arcs[graph.lists[call]]]
    assert sorted(first) == sorted(["light", "tv", "television", "t", "telly"])
    callers = [arcs for arcs in graph.arcs if call in [label for label, _ in arcs]]
    assert len(callers) == 1  # what follows is the same in both


def test_a_word_has_several_spellings():
    assert list(spellings("ac")) == ["ac", "a c", "air conditioner"]
    assert list(spellings("lamp")) == ["lamp"]
