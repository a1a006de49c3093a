"""Sentence templates: Home Assistant's English ones and the plugins' own, matched by hassil."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, Final

from hassil import (
    Expression,
    Intents,
    Sentence,
    SlotList,
    TextSlotList,
    recognize_all,
)
from hassil.intents import Intent, IntentData, IntentsSettings
from hassil.parse_expression import parse_sentence
from hassil.recognize import RecognizeResult

from assistant.errors import HearthError
from assistant.nlu.compiled_sentences import (
    CompiledSentences,
    Written,
    compile_sentences,
    joined,
)
from assistant.nlu.lasting import lasting, uncollected
from assistant.nlu.names import NameIndex, NameKind
from assistant.nlu.parse import ANYWHERE, Parse, Source
from assistant.nlu.prefix_matcher import PrefixMatcher
from assistant.nlu.response import RESPONSE
from assistant.nlu.sentence_graph import GraphBuilder, SentenceGraph
from assistant.nlu.slot_words import SlotWords
from assistant.nlu.template_document import is_of_file, one_sentence_each, whole_document
from assistant.nlu.template_index import NUMBER, Requirements, TemplateIndex, marker
from assistant.nlu.template_pattern import PatternWriter
from assistant.nlu.template_words import words_of

_KINDS = {"HassGetState": "question", "HassRespond": "topic"}
"""Slots for the kind of answer that a template asks for, where the intent alone does not say it."""

_PARSED: Final = 8192
"""Sentences whose expressions are kept."""


class GrammarError(HearthError):
    """Sentences cannot be used; the message names the file and what is wrong."""


class Template:
    """A sentence. Its pattern is compiled when it is first needed: most never are."""

    def __init__(self, intent: str, data: IntentData, writer: PatternWriter) -> None:
        self.intent = intent
        self.data = data
        self._writer = writer

    @property
    def source(self) -> Source:
        """Where it stands."""
        return _source(self.data)

    @property
    def text(self) -> str:
        """As it is written."""
        return self.data.sentence_texts[0]

    @property
    def expression(self) -> Expression:
        """What it consists of."""
        return _parsed(self.text)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a text must match to be worth reading by this sentence."""
        return self._writer.pattern(self.expression)


@lru_cache(maxsize=_PARSED)
def _parsed(text: str) -> Expression:
    """A sentence's expression; when the user's sentences change most of the others stay."""
    return parse_sentence(text).expression


class Grammar:
    """The templates of the wanted intents, ready to match.

    `extra` are documents in hassil's format (intents, lists, expansion_rules) that are laid over
    Home Assistant's: intents gain sentences, rules and lists of the same name are extended or
    replaced. Their `skip_words` and `responses` count for sentences of theirs. Not reentrant: one
    thread at a time.
    """

    @uncollected()
    def __init__(
        self,
        wanted: Iterable[str] | None = None,
        extra: Sequence[Mapping[str, Any]] = (),
        before: Grammar | None = None,
    ) -> None:
        """`before`: of which what has not changed may be used again."""
        self.stock: CompiledSentences | None = None if before is None else before.stock
        """Home Assistant's sentences as they were compiled last."""
        self._document = document = whole_document(extra)
        self.skip_words = tuple(tuple(words.split()) for words in document["skip_words"])
        self._responses: Mapping[str, Mapping[str, str]] = document.pop("responses")
        self._intents = _intents(document, wanted)
        self._settings = IntentsSettings(filter_with_regex=False)
        writer = PatternWriter(self.rules, self.lists)
        self._templates = [
            Template(intent.name, data, writer)
            for intent in self._intents.intents.values()
            for data in intent.data
        ]
        sentences = [template.expression for template in self._templates]
        requirements = Requirements(self.rules, self.lists, NameKind)
        self._index = TemplateIndex(map(requirements.of, sentences))
        self._prefixes = PrefixMatcher(sentences, self.rules, self.lists)
        self.words = frozenset(_literals(sentences, self._intents))

    @property
    def templates(self) -> Sequence[Template]:
        """All of them."""
        return self._templates

    @property
    def lists(self) -> Mapping[str, SlotList]:
        """What `{list}` in a template stands for, but for the home's names."""
        return self._intents.slot_lists

    @property
    def rules(self) -> Mapping[str, Sentence]:
        """What `<rule>` in a template stands for."""
        return self._intents.expansion_rules

    @cached_property
    @lasting()
    def graph(self) -> SentenceGraph:
        """All that the templates allow, for a network of words; a second's work the first time."""
        self.stock = self._compiled(own=False, before=self.stock)
        return joined(self.stock.graph, self._compiled(own=True).graph)

    def _compiled(self, *, own: bool, before: CompiledSentences | None = None) -> CompiledSentences:
        """The user's and the plugins' sentences, or all others."""
        templates = [
            Written(each.text, each.expression, each.data.requires_context)
            for each in self._templates
            if bool(each.source.file) == own
        ]
        builder = GraphBuilder(self.rules, self.lists)
        return compile_sentences(templates, self._document, builder, before)

    @cached_property
    def words_before(self) -> Mapping[str, frozenset[str]]:
        """For each list, such as `name` or `contact`, the words that can stand right before it."""
        sentences = (template.expression for template in self._templates)
        return SlotWords(self.rules).before(sentences)

    @cached_property
    def own_words(self) -> frozenset[str]:
        """Every word of the sentences that the user's files and plugins bring."""
        own = (each.expression for each in self._templates if each.source.file)
        return frozenset(words_of(own, self.rules))

    def check(self) -> None:
        """Raise `GrammarError` for a sentence of a file that cannot be used."""
        for template in self._templates:
            if template.source.file:
                _ = template.pattern

    def __len__(self) -> int:
        return len(self._templates)

    def parse(self, text: str, index: NameIndex) -> list[Parse]:
        """Every way in which a template matches the text, in no particular order."""
        mentions = index.mentions(text.split())
        possible = self._possible(text, mentions)
        if not possible:
            return []
        chosen = Intents(
            language="en",
            intents=possible,
            slot_lists=self._intents.slot_lists,
            expansion_rules=self._intents.expansion_rules,
            settings=self._settings,
        )
        results = recognize_all(
            text,
            chosen,
            slot_lists=_name_lists(mentions, index),
            intent_context={"area": {"value": ANYWHERE, "text": ""}},
            language="en",
        )
        return _distinct(_parse(result, self._responses) for result in results)

    def may_begin(self, words: Sequence[str], index: NameIndex) -> bool:
        """Whether a command may begin with the words, whose numbers are digits."""
        names = {kind.value: index.by_kind.get(kind, {}) for kind in NameKind}
        return self._prefixes.matches(words, names)

    def _possible(self, text: str, mentions: Mapping[NameKind, set[str]]) -> dict[str, Intent]:
        markers = [marker(kind) for kind, names in mentions.items() if names]
        if any(letter.isdecimal() for letter in text):
            markers.append(NUMBER)
        chosen: dict[str, Intent] = {}
        for position in self._index.possible(text, markers):
            template = self._templates[position]
            if template.pattern.match(text):
                intent = chosen.setdefault(template.intent, Intent(template.intent))
                intent.data.append(template.data)
        return chosen


def _intents(document: Mapping[str, Any], wanted: Iterable[str] | None) -> Intents:
    """The wanted intents of a document, all where none are named, by single sentences."""
    names = set(document["intents"]) if wanted is None else set(wanted)
    intents = {
        name: {"data": one_sentence_each(intent["data"])}
        for name, intent in document["intents"].items()
        if name in names
    }
    return Intents.from_dict({**document, "intents": intents, "skip_words": []})


def _source(data: IntentData) -> Source:
    metadata = data.metadata or {}
    if is_of_file(metadata):
        return Source(metadata["sentence"], metadata["file"], metadata["line"])
    return Source(data.sentence_texts[0])


def _literals(sentences: Iterable[Expression], intents: Intents) -> set[str]:
    """Every word that stands in a template, its rules or its lists; optional endings joined."""
    lists = (each for each in intents.slot_lists.values() if isinstance(each, TextSlotList))
    values = (value.text_in for each in lists for value in each.values)
    words = words_of(chain(sentences, values), intents.expansion_rules)
    return {word for word in words if word.replace("'", "").isalpha()}


def _name_lists(mentions: Mapping[NameKind, set[str]], index: NameIndex) -> dict[str, SlotList]:
    """Slot lists of the names that the text mentions: small, however large the home is."""
    return {
        kind.value: TextSlotList.from_tuples(
            (
                (name, name, {"domain": domain} if domain else {})
                for name in sorted(names)
                for domain in sorted({n.domain for n in index.entries[name] if n.kind == kind})
            ),
            allow_template=False,
            name=kind.value,
        )
        for kind, names in mentions.items()
    }


def _distinct(found: Iterable[Parse]) -> list[Parse]:
    parses: dict[tuple[object, ...], Parse] = {}
    for parse in found:
        key = (parse.intent, parse.domain, *sorted((k, str(v)) for k, v in parse.slots.items()))
        known = parses.get(key)
        if known is None or known.matched < parse.matched:
            parses[key] = parse
    return list(parses.values())


def _parse(result: RecognizeResult, responses: Mapping[str, Mapping[str, str]]) -> Parse:
    entities = result.entities
    slots = {
        name: entity.text.strip() if entity.is_wildcard else entity.value
        for name, entity in entities.items()
        if not (name == "area" and entity.value == ANYWHERE)
    }
    kind = _KINDS.get(result.intent.name)
    if kind and result.response:
        slots[kind] = result.response
    source = _source(result.intent_data)
    response = responses.get(result.intent.name, {}).get(result.response or "")
    if source.file and response:
        slots[RESPONSE] = response
    domain = result.context.get("domain") if "name" in entities else None
    return Parse(
        intent=result.intent.name,
        slots=slots,
        domain=domain if isinstance(domain, str) else None,
        wildcards={
            name: entity.text.strip() for name, entity in entities.items() if entity.is_wildcard
        },
        matched=result.text_chunks_matched
        + sum(len(entity.text) for entity in entities.values() if not entity.is_wildcard),
        fixed=frozenset(name for name in result.intent_data.slots if not entities[name].text),
        source=source,
    )


def check_sentences(documents: Sequence[Mapping[str, Any]]) -> None:
    """Raise `GrammarError` if some documents' sentences cannot be used beside the templates."""
    intents = {name for document in documents for name in document.get("intents", {})}
    try:
        Grammar(intents, documents).check()
    except Exception as error:
        kind = type(error).__name__
        raise GrammarError(f"its sentences cannot be used ({kind}: {error})") from error
