"""The traversal of templates, by one that writes out what they may say."""

import pytest
from hassil import Sentence, parse_sentence

from assistant.nlu.expressions import CircularRuleError, Traversal, Visitor

RULES = {
    name: Sentence(parse_sentence(text).expression)
    for name, text in {
        "the": "[the|my]",
        "verb": "(turn|switch) on",
        "endless": "and <endless>",
        "one": "<other>",
        "other": "<one>",
    }.items()
}


class Sayings(Traversal[frozenset[str]]):
    """Every text that a template allows, its lists by their names."""

    def words(self, text, value):
        return frozenset(before + text for before in value)

    def listed(self, reference, value):
        return frozenset(f"{before}{{{reference.slot_name}}}" for before in value)

    def joined(self, values):
        return frozenset[str]().union(*values)


class Lists(Visitor):
    """The lists on the way, each time that they are met."""

    def __init__(self):
        super().__init__(RULES)
        self.found = []

    def words(self, text, value):
        pass

    def listed(self, reference, value):
        self.found.append(reference.list_name)


def sayings(template):
    found = Sayings(RULES).after(parse_sentence(template).expression, frozenset({""}))
    return {" ".join(text.split()) for text in found}


def test_alternatives_optional_words_and_endings():
    assert sayings("[please] dim (a|the) light[s]") == {
        f"{please}dim {article} {light}"
        for please in ("", "please ")
        for article in ("a", "the")
        for light in ("light", "lights")
    }


def test_lists_have_the_name_of_their_slot():
    assert sayings("set {name} to {0..100:brightness}") == {"set {name} to {brightness}"}


def test_a_rule_is_what_it_stands_for():
    assert sayings("<verb> <the> {name}") == {
        f"{verb} on{the} {{name}}" for verb in ("turn", "switch") for the in ("", " the", " my")
    }


def test_a_permutation_has_every_order():
    assert sayings("(a;b;c)") == {"a b c", "a c b", "b a c", "b c a", "c a b", "c b a"}


def test_of_a_long_permutation_only_the_written_order_is_walked():
    assert sayings("(a;b;c;d)") == {"a b c d"}


def test_a_rule_may_be_used_twice_but_not_in_itself():
    assert sayings("<verb> and <verb>") >= {"turn on and switch on"}
    with pytest.raises(CircularRuleError, match="<endless>"):
        sayings("<endless>")
    with pytest.raises(CircularRuleError, match="<one>"):
        sayings("<one>")


def test_a_visitor_meets_each_item_once():
    lists = Lists()
    lists.visit(parse_sentence("({name};in {area};now) [{name}|<verb>]").expression)
    assert lists.found == ["name", "area", "name"]
