from hassil import Intents

from assistant.nlu.slot_words import SlotWords


def before(*sentences):
    intents = Intents.from_dict(
        {
            "language": "en",
            "intents": {"X": {"data": [{"sentences": list(sentences)}]}},
            "lists": {"name": {"values": ["a"]}, "area": {"values": ["b"]}},
            "expansion_rules": {"the": "[the|my]", "verb": "(turn on|switch)"},
        }
    )
    expressions = [
        sentence.expression
        for intent in intents.intents.values()
        for data in intent.data
        for sentence in data.sentences
    ]
    return SlotWords(intents.expansion_rules).before(expressions)


def test_the_word_before_a_list_may_be_optional_or_in_a_rule():
    assert before("call {name}")["name"] == {"call"}
    assert before("<verb> <the> {name}")["name"] == {"on", "switch", "the", "my"}
    assert before("[please] {name}")["name"] == {"please"}


def test_each_list_has_its_own():
    found = before("turn on {name} in [the] {area}", "(dim|light) {name}")
    assert found["name"] == {"on", "dim", "light"}
    assert found["area"] == {"in", "the"}


def test_nothing_is_known_after_a_list():
    assert before("{name} {area}")["area"] == set()
