"""All that can be said, as a network of words, agrees with what understanding makes of texts."""

import random
import tracemalloc
from dataclasses import replace

import pytest
from hassil import Intents
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.home.demo import DemoHome
from assistant.nlu.inverse_text_normalisation import with_digits
from assistant.nlu.names import build_index
from assistant.nlu.sentence_automaton import automaton
from assistant.nlu.sentence_graph import GraphBuilder
from assistant.nlu.sentence_network import SentenceNetwork
from assistant.nlu.tokens import split_words, text_of, tokens_of, without_fillers
from assistant.nlu.understanding import HomeUnderstanding
from assistant.nlu.units import in_unit
from tests.household import build


@pytest.fixture(scope="module")
def understanding():
    return build().understanding


@pytest.fixture(scope="module")
def network(understanding):
    return understanding.network(("alexa",))


@pytest.mark.parametrize(
    "said",
    [
        "turn on the kitchen light",
        "alexa turn on the kitchen light",
        "could you please turn off the bedroom light",
        "turn off the bedroom light thanks",
        "set the bedroom light to thirty five percent",
        "set the bedroom light to a hundred percent",
        "set the thermostat to twenty one point five degrees",
        "set a timer for ten minutes",
        "set an alarm for half past six in the morning",
        "wake me up at seven",
        "what time is it",
        "lock the back door",
        "turn on the t v",
        "turn on the kitchen light and lock the back door",
        "set a timer for one hour and ten minutes and turn off the tv and stop",
        "turn on the kitchen light and then lock the back door",
        "turn on the kitchen light and the bedroom light",
        "turn off all the lights except the kitchen light",
        "set a timer for half an hour",
        "set a timer for an hour and a half",
        "set a timer for two and a half hours",
        "set a timer for a quarter of an hour",
        "set the bedroom light to half",
        "set an alarm for a quarter to seven",
        "wake me up at eight twenty three p m",
        "turn off the bedroom light in ten minutes",
        "turn off the bedroom light in half an hour",
        "at half past six turn on the kitchen light",
    ],
)
def test_what_is_understood_is_a_sentence(network, said):
    assert accepts(network, said.split())


@pytest.mark.parametrize(
    "said",
    [
        "",
        "turn on the",
        "turn on the moon light",
        "set the bedroom light to",
        "the kitchen light is nice",
        "add oat milk to my shopping list",  # holds any words
        "turn on the kitchen light alexa",
        "turn on the kitchen light and",
        "turn on the kitchen light and alexa turn off the tv",
        "lock the back door except the kitchen light",
        "in ten minutes",
        "set a timer for thirty a couple of hours",
        "call anna and ben",
    ],
)
def test_what_is_not_is_none(network, said):
    assert not accepts(network, said.split())


def accepts(network, words):
    """Whether the words are a sentence."""
    state = network.start
    for word in words:
        state = None if state is None else network.step(state, word)
    return state is not None and network.final(state)


def words_after(network, state):
    """All words that can come next, sorted."""
    ordered = network.words(state)
    assert all(list(words) == sorted(words) for words in ordered)
    return sorted({word for words in ordered for word in words})


def walks(network, count, seed=1):
    """Random sentences, a word at a time."""
    draw = random.Random(seed)
    found = []
    while len(found) < count:
        state, words = network.start, []
        while following := words_after(network, state):
            if network.final(state) and draw.random() < 0.4:
                break
            words.append(draw.choice(following))
            state = network.step(state, words[-1])
        found.append(words)
        assert network.final(state), words
    return found


def test_every_sentence_of_the_network_is_understood(understanding):
    """hassil is the reference for what a text means, and where several commands share words, or
    one leaves devices out, the understanding that asks it."""
    network = understanding.network()
    grammar, index = understanding._grammar, understanding._current_parser().index
    said = [words for words in walks(network, 600) if len(without_fillers(words)) > 1]

    def parsed(words):
        tokens = tokens_of(without_fillers(split_words(" ".join(words))))
        return grammar.parse(text_of(in_unit(with_digits(tokens), None)), index)

    def understood(words):
        return parsed(words) or understanding.interpret_text(" ".join(words)).intent

    def all_understood(words):
        joints = [at for at, word in enumerate(words) if word in {"and", "then"}]
        return understood(words) or any(
            understood(words[:at]) and all_understood(words[at + 1 :]) for at in joints
        )

    lost = [" ".join(words) for words in said if not all_understood(words)]
    # Numbers that no number follows so ("an hours"), one that the next word makes a time, two names
    # where only one makes sense.
    assert len(lost) < 0.06 * len(said), lost


def test_a_renamed_device_counts_at_once():
    home = DemoHome()
    registry = build().registry
    understanding = HomeUnderstanding(
        home, intents=registry.intents(), sentences=registry.sentences
    )
    said = ["turn", "on", "the", "moon", "light"]
    before = understanding.network()
    assert not accepts(before, said)
    assert understanding.network() is before
    devices = [
        replace(each, name="Moon light") if each.name == "Kitchen light" else each
        for each in home.devices()
    ]
    home.devices = lambda: devices
    assert accepts(understanding.network(), said)
    del home.devices
    assert not accepts(understanding.network(), said)


def test_a_large_home_takes_little_room(understanding):
    devices = [
        replace(DemoHome().devices()[0], id=f"light.{number}", name=f"{word} lamp {number}")
        for number, word in enumerate(("corner", "reading", "garden", "ceiling") * 250)
    ]
    graph = understanding._grammar.graph
    index = build_index(DemoHome().areas(), devices, ())
    tracemalloc.start()
    network = SentenceNetwork(graph, index)
    walks(network, 300)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert accepts(network, ["turn", "on", "the", "garden", "lamp", "two"])
    assert used < 20e6


def test_what_was_forgotten_is_walked_again(understanding):
    network = SentenceNetwork(understanding._grammar.graph, understanding._current_parser().index)
    before = walks(network, 20)
    network.forget()
    assert walks(network, 20) == before


def built(*templates, lists=None, rules=None):
    """A network of templates, each of one intent, in a home without names."""
    document = {
        "language": "en",
        "intents": {"A": {"data": [{"sentences": list(templates)}]}},
        "lists": lists or {},
        "expansion_rules": rules or {},
    }
    intents = Intents.from_dict(document)
    builder = GraphBuilder(intents.expansion_rules, intents.slot_lists)
    for sentence in intents.intents["A"].data[0].sentences:
        builder.add(sentence.expression)
    return SentenceNetwork(automaton(builder.built()), build_index((), (), ()))


@pytest.mark.parametrize(
    ("template", "said", "other"),
    [
        ("light[s] (on|off)", ["light on", "lights off"], ["light s on", "lights"]),
        ("[a] (b;c)", ["b c", "c b", "a c b"], ["a b", "b b"]),
        ("go [up] [now]", ["go", "go up", "go now", "go up now"], ["go now up", "gonow"]),
        ("dim {level}[%| percent]", ["dim five", "dim five percent", "dim ten"], ["dim eleven"]),
        ("<verb> it", ["stop it", "end it"], ["it"]),
        ("{color} lamp", ["light blue lamp", "red lamp"], ["light lamp"]),
    ],
)
def test_templates_are_walked_as_they_are_written(template, said, other):
    network = built(
        template,
        lists={
            "level": {"range": {"from": 0, "to": 10}},
            "color": {"values": ["[light] blue", "red"]},
        },
        rules={"verb": "(stop|end)"},
    )
    assert all(accepts(network, text.split()) for text in said)
    assert not any(accepts(network, text.split()) for text in other)


def test_a_list_of_any_words_leads_nowhere():
    network = built("say {anything}", "say nothing", lists={"anything": {"wildcard": True}})
    assert words_after(network, network.step(network.start, "say")) == ["nothing"]


WORDS = st.sampled_from(["a", "b", "ab", "c"])


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_it_accepts_plain_sentences_and_nothing_else(sentences):
    network = built(*{" ".join(words) for words in sentences})
    found, todo = set(), [((), network.start)]
    while todo:
        words, state = todo.pop()
        if network.final(state):
            found.add(words)
        # Politeness stands before and after every sentence.
        todo += [
            ((*words, word), network.step(state, word))
            for word in words_after(network, state)
            if word in {"a", "b", "ab", "c"}
        ]
    assert found == {tuple(words) for words in sentences}
