"""Templates compiled once: what has not changed stays when the user's sentences do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hassil import Expression

from assistant.nlu.sentence_automaton import automaton
from assistant.nlu.sentence_graph import LATER, Arc, GraphBuilder, SentenceGraph

Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """A template: its text, what it consists of, and the context that it requires."""

    text: str
    expression: Expression = field(compare=False)
    context: Context | None


@dataclass(frozen=True, slots=True)
class CompiledSentences:
    """The graph of some templates, and what it was made of, as it is written."""

    templates: tuple[Written, ...]
    rules: Mapping[str, Any]
    lists: Mapping[str, Any]
    graph: SentenceGraph

    def are(self, templates: Sequence[Written], document: Mapping[str, Any]) -> bool:
        """Whether some templates with the rules and lists of a document would make the same."""
        rules, lists = document["expansion_rules"], document["lists"]
        return (
            tuple(templates) == self.templates
            and self.rules == {name: rules.get(name) for name in self.rules}
            and self.lists == {name: lists.get(name) for name in self.lists}
        )


def compile_sentences(
    templates: Sequence[Written],
    document: Mapping[str, Any],
    builder: GraphBuilder,
    before: CompiledSentences | None = None,
) -> CompiledSentences:
    """Compile templates with the rules and lists of a document, unless it was done before.

    `builder` is a new one for these rules and lists.

    Raises:
        CircularRuleError: a rule needs itself.
        KeyError: a rule is not there.

    """
    if before is not None and before.are(templates, document):
        return before
    for template in templates:
        builder.add(template.expression, template.context)
    graph = automaton(builder.built())
    rules, lists = document["expansion_rules"], document["lists"]
    return CompiledSentences(
        tuple(templates),
        {name: rules.get(name) for name in builder.rules_used},
        {call.name: lists.get(call.name) for call in graph.lists},
        graph,
    )


def joined(first: SentenceGraph, second: SentenceGraph) -> SentenceGraph:
    """The sentences of both; lists that both call have to be the same."""
    offset = len(first.arcs)
    arcs = [*first.arcs, *(tuple(_moved(each, offset)) for each in second.arcs)]
    moved = {call: node + offset for call, node in second.lists.items()}
    ends = {*first.ends, *(node + offset for node in second.ends)}

    def either(one: int, other: int) -> int:
        """A node from which both lead on."""
        arcs.append((*arcs[one], *arcs[other]))
        if {one, other} & ends:
            ends.add(len(arcs) - 1)
        return len(arcs) - 1

    lists = moved | dict(first.lists) | {LATER: either(first.lists[LATER], moved[LATER])}
    start = either(first.start, second.start + offset)
    return replace(
        first,
        arcs=arcs,
        start=start,
        lists=lists,
        ends=frozenset(ends),
        names=first.names | second.names,
    )


def _moved(arcs: Iterable[Arc], offset: int) -> Iterable[Arc]:
    return (Arc(label, target + offset) for label, target in arcs)
