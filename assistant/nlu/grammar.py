"""Sentence templates: Home Assistant's English ones and the plugins' own, matched by hassil."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from hassil import (
    Expression,
    Intents,
    Sentence,
    SlotList,
    TextSlotList,
    merge_dict,
    recognize_all,
)
from hassil.intents import Intent, IntentData, IntentsSettings
from hassil.recognize import RecognizeResult
from home_assistant_intents import get_intents

from assistant.errors import HearthError
from assistant.nlu.names import NameIndex, NameKind
from assistant.nlu.prefix_matcher import PrefixMatcher
from assistant.nlu.response import RESPONSE
from assistant.nlu.slot_words import SlotWords
from assistant.nlu.template_index import NUMBER, Requirements, TemplateIndex, marker
from assistant.nlu.template_words import words_of

ANYWHERE = "*"
"""The area of a sentence that names none, where the assistant's own area is not known."""

UNKNOWN_NAME = "unknown_name"
"""Slot for the name of a device that the home does not have."""

COMMAND = "conversation_command"
"""Slot for a command that is to be carried out later."""

REMINDER = "reminder"
"""Slot for what a reminder says."""

_KINDS = {"HassGetState": "question", "HassRespond": "topic"}
"""Slots for the kind of answer that a template asks for, where the intent alone does not say it."""
_UNUSED_LISTS = ("{zone",)
_UNUSED_SENTENCES = frozenset({"[<the>] {name}", "stop [playing]"})
"""A device's bare name is no command: it is too often the half of one. "Stop" is said to whatever
sounds, a timer first."""


class GrammarError(HearthError):
    """Sentences cannot be used; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Source:
    """A template as it is written; with its place, where it is not one of Hearth's own."""

    sentence: str = ""
    file: str = ""
    line: int = 0


BUILT_IN = Source()


@dataclass(frozen=True, slots=True)
class Parse:
    """One way to read a text by a template. Values of names are the names as spoken."""

    intent: str
    slots: Mapping[str, Any]
    domain: str | None
    """Domain of the device that `slots["name"]` stands for."""
    wildcards: Mapping[str, str]
    """Slots that took any words, with the text they took."""
    matched: int
    """Letters that template words and names account for."""
    fixed: frozenset[str] = frozenset()
    """Slots that the template itself gives, with values as its author wrote them."""
    source: Source = BUILT_IN

    @property
    def free_words(self) -> int:
        """How many words wildcards took."""
        return sum(len(text.split()) for text in self.wildcards.values())


class _Template:
    """A sentence. Its pattern is compiled when it is first needed: most never are."""

    def __init__(self, intent: str, data: IntentData, intents: Intents) -> None:
        self.intent = intent
        self.data = data
        self._intents = intents
        self._pattern: re.Pattern[str] | None = None

    @property
    def source(self) -> Source:
        """Where it stands."""
        return _source(self.data)

    @property
    def expression(self) -> Expression:
        """What it consists of."""
        return self.data.sentences[0].expression

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a text must match to be worth reading by this sentence."""
        if self._pattern is None:
            self._pattern = _pattern(self.data, self._intents)
        return self._pattern


class Grammar:
    """The templates of the wanted intents, ready to match.

    `extra` are documents in hassil's format (intents, lists, expansion_rules) that are laid over
    Home Assistant's: intents gain sentences, rules and lists of the same name are extended or
    replaced. Their `skip_words` and `responses` count for sentences of theirs. Not reentrant: one
    thread at a time.
    """

    def __init__(
        self,
        wanted: Iterable[str] | None = None,
        extra: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        document = _document(extra)
        self.skip_words = tuple(tuple(words.split()) for words in document["skip_words"])
        self._responses: Mapping[str, Mapping[str, str]] = document.pop("responses")
        names = set(document["intents"]) if wanted is None else set(wanted)
        document["intents"] = {
            name: {"data": _one_sentence_each(intent["data"])}
            for name, intent in document["intents"].items()
            if name in names
        }
        self._intents = Intents.from_dict({**document, "skip_words": []})
        self._settings = IntentsSettings(filter_with_regex=False)
        self._templates = [
            _Template(intent.name, data, self._intents)
            for intent in self._intents.intents.values()
            for data in intent.data
        ]
        requirements = Requirements(
            self._intents.expansion_rules, self._intents.slot_lists, NameKind
        )
        self._index = TemplateIndex(
            requirements.of(template.data.sentences[0].expression) for template in self._templates
        )
        self.words = frozenset(_literals(self._intents, self._templates))
        self._prefixes = PrefixMatcher(
            (template.expression for template in self._templates),
            self._intents.expansion_rules,
            self._intents.slot_lists,
        )

    @property
    def templates(self) -> Sequence[_Template]:
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
    def words_before(self) -> Mapping[str, frozenset[str]]:
        """For each list, such as `name` or `contact`, the words that can stand right before it."""
        sentences = (template.expression for template in self._templates)
        return SlotWords(self._intents.expansion_rules).before(sentences)

    @cached_property
    def own_words(self) -> frozenset[str]:
        """Every word of the sentences that the user's files and plugins bring."""
        own = (each.expression for each in self._templates if each.source.file)
        return frozenset(words_of(own, self._intents.expansion_rules))

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


def _document(extra: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = get_intents("en") or {}
    document["responses"] = {}
    document["skip_words"] = []  # fillers are taken out before
    for addition in extra:
        for name, values in addition.get("lists", {}).items():
            if "values" not in document["lists"].get(name, {}):
                document["lists"][name] = {}
            merge_dict(document["lists"][name], _copied(values))
        document["expansion_rules"].update(addition.get("expansion_rules", {}))
        for name, intent in addition.get("intents", {}).items():
            document["intents"].setdefault(name, {"data": []})["data"] += intent["data"]
        for name, texts in addition.get("responses", {}).items():
            document["responses"].setdefault(name, {}).update(texts)
        document["skip_words"] += addition.get("skip_words", [])
    for values in document["lists"].values():
        if "range" in values:
            values["range"]["words"] = False  # numbers are digits by now
    return document


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    """A list of an addition: what is merged is changed, and the addition is used again."""
    copies: dict[type, Any] = {dict: dict, list: list}
    return {key: copies.get(type(value), lambda same: same)(value) for key, value in values.items()}


def _one_sentence_each(blocks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Blocks of one sentence, so that sentences can be chosen one by one."""
    return [
        {**block, "sentences": [sentence]}
        for block in blocks
        for sentence in block["sentences"]
        if _of_file(block.get("metadata"))
        or (
            sentence not in _UNUSED_SENTENCES
            and not any(used in sentence for used in _UNUSED_LISTS)
        )
    ]


def _of_file(metadata: Mapping[str, Any] | None) -> bool:
    return bool(metadata) and "file" in (metadata or {})


def _source(data: IntentData) -> Source:
    metadata = data.metadata or {}
    if _of_file(metadata):
        return Source(metadata["sentence"], metadata["file"], metadata["line"])
    return Source(data.sentence_texts[0])


def _pattern(data: IntentData, intents: Intents) -> re.Pattern[str]:
    sentence = data.sentences[0]
    sentence.compile(intents.expansion_rules)
    if sentence.pattern is None:
        raise GrammarError(f"The sentence {sentence.text!r} cannot be used.")
    return sentence.pattern


def _literals(intents: Intents, templates: Iterable[_Template]) -> set[str]:
    """Every word that stands in a template, its rules or its lists; optional endings joined."""
    lists = (each for each in intents.slot_lists.values() if isinstance(each, TextSlotList))
    values = (value.text_in for each in lists for value in each.values)
    sentences = (template.expression for template in templates)
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
