"""What is likely a slip in the user's sentences, though they count: for `assistant doctor`.

An intent that no plugin carries out, a slot that its intent does nothing with, a number that is
none, a name that the home does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from home_assistant_intents import get_intents

from assistant.config.error import nearest
from assistant.home.model import Home
from assistant.nlu.names import NameIndex, NameKind, build_index
from assistant.nlu.parse import COMMAND, DID_YOU_MEAN, UNKNOWN_NAME
from assistant.nlu.response import RESPONSE
from assistant.nlu.sentence_document import LANGUAGE
from assistant.nlu.sentence_files import SentenceFile
from assistant.nlu.spoken_names import spoken_form

Document = Mapping[str, Any]
_LIST = re.compile(r"\{([^{}:]+)(?::@?([^{}]+))?\}")
_RULE = re.compile(r"<([^<>]+)>")
_EVERYWHERE = frozenset({"name", "area", "floor", "domain", "device_class", RESPONSE})
"""Slots that every intent about devices may have."""
_HIDDEN = {RESPONSE, UNKNOWN_NAME, COMMAND, DID_YOU_MEAN}
_OURS = "Hass"
_TIMER = "Timer"
_SWITCHING = ("HassTurnOn", "HassTurnOff")
_MEANT = frozenset({"name", "area", "floor", "domain", "device_class"})
"""One of these says what is to be switched."""


def unheard(files: Iterable[SentenceFile], carried_out: frozenset[str]) -> Iterator[str]:
    """Intents that no plugin carries out."""
    for file in files:
        for intent in sorted(set(file.document["intents"]) - carried_out):
            line = _source(file.document["intents"][intent]["data"][0])
            near = f" (the nearest is '{nearest(intent, carried_out)}')" if carried_out else ""
            message = f"no plugin carries out the intent '{intent}'{near}"
            yield f"{line}: {message}, so its sentences are not listened for"


class Advice:
    """Compares sentences with the home and with what intents can have.

    `documents` are the plugins' sentences, beside Home Assistant's.
    """

    def __init__(self, home: Home, documents: Sequence[Document]) -> None:
        given = [get_intents(LANGUAGE) or {}, *documents]
        self._lists = {n: v for each in given for n, v in each.get("lists", {}).items()}
        self._rules = {n: v for each in given for n, v in each.get("expansion_rules", {}).items()}
        self._slots: dict[str, dict[str, set[str]]] = {}
        self._domains = {"all"} | {device.domain for device in home.devices()}
        for document in given:
            for intent, data in document.get("intents", {}).items():
                for block in data["data"]:
                    self._learn(intent, block)
        self._index: NameIndex | None = None
        if home.devices():
            self._index = build_index(home.areas(), home.devices(), home.contacts())

    def _learn(self, intent: str, block: Mapping[str, Any]) -> None:
        """What slots an intent can have, and the lists that their values are from."""
        slots = self._slots.setdefault(intent, {})
        for sentence in block["sentences"]:
            for slot, name in self._lists_of(sentence):
                slots.setdefault(slot, set()).add(name)
        for slot in block.get("slots", {}):
            slots.setdefault(slot, set())
        contexts = {**block.get("requires_context", {}), **block.get("excludes_context", {})}
        domains = [block.get("slots", {}).get("domain"), contexts.get("domain")]
        for domain in domains:
            self._domains.update([domain] if isinstance(domain, str) else domain or ())

    def _lists_of(self, template: str, outer: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
        for name, slot in _LIST.findall(template):
            yield slot or name, name
        for rule in _RULE.findall(template):
            if rule not in outer:
                yield from self._lists_of(str(self._rules.get(rule, "")), (*outer, rule))

    def on(self, file: SentenceFile) -> Iterator[str]:
        """What is likely a slip in a file."""
        for intent, data in file.document["intents"].items():
            told: set[str] = set()
            for block in data["data"]:
                for message in self._on_block(intent, block):
                    if message not in told:
                        told.add(message)
                        yield f"{_source(block)}: {message}"

    def _on_block(self, intent: str, block: Mapping[str, Any]) -> Iterator[str]:
        slots: Mapping[str, Any] = block.get("slots", {})
        if intent.startswith(_OURS):
            yield from self._unused(intent, block)
            for slot, value in slots.items():
                yield from self._odd_number(intent, slot, value)
        if (domain := slots.get("domain")) is not None and domain not in self._domains:
            guess = nearest(str(domain), self._domains)
            yield f"there is no domain '{domain}'; the nearest is '{guess}'"
        for kind in (NameKind.DEVICE, NameKind.AREA, NameKind.FLOOR):
            if kind in slots and self._means_home(intent, kind):
                yield from self._lost(kind, str(slots[kind]))

    def _unused(self, intent: str, block: Mapping[str, Any]) -> Iterator[str]:
        known = self._slots.get(intent, {}).keys() | _EVERYWHERE
        listed = [slot for text in block["sentences"] for slot, _ in self._lists_of(text)]
        if intent in _SWITCHING and not _MEANT & {*block.get("slots", {}), *listed}:
            yield f"it does not say what {intent} means; add slots, such as {{name: Kettle}}"
        for slot in dict.fromkeys([*block.get("slots", {}), *listed]):
            if intent in self._slots and slot not in known:
                there_is = ", ".join(sorted(known - _HIDDEN))
                yield f"{intent} does nothing with '{slot}'; it knows {there_is}"

    def _odd_number(self, intent: str, slot: str, value: object) -> Iterator[str]:
        lists = [self._lists.get(name, {}) for name in self._slots.get(intent, {}).get(slot, ())]
        ranges = [each["range"] for each in lists if "range" in each]
        if not ranges:
            return
        if not isinstance(value, int | float):
            yield f"'{slot}' of {intent} is a number, not '{value}'"
        elif any(each.get("type") == "percentage" for each in ranges):
            low, high = min(each["from"] for each in ranges), max(each["to"] for each in ranges)
            if not low <= abs(value) <= high:
                yield f"'{slot}' of {intent} goes from {low} to {high}, and is {value:g} here"

    def _means_home(self, intent: str, kind: NameKind) -> bool:
        return kind is not NameKind.DEVICE or (intent.startswith(_OURS) and _TIMER not in intent)

    def _lost(self, kind: NameKind, name: str) -> Iterator[str]:
        """A name that the home does not have."""
        if self._index is None:
            return
        entries = [each for names in self._index.entries.values() for each in names]
        labels = {each.label: each.id for each in entries if each.kind == kind}
        spoken = self._index.by_kind.get(kind, {})
        if name in labels.values() or spoken_form(name) in spoken:
            return
        what = "device" if kind is NameKind.DEVICE else kind.value
        if kind is NameKind.DEVICE:
            there_is = f"the nearest is '{nearest(name, labels)}'"
        else:
            there_is = f"it has {', '.join(sorted(labels)) or 'none'}"
        yield f"this home has no {what} '{name}'; {there_is}"


def _source(block: Mapping[str, Any]) -> str:
    source = block["metadata"]
    return f"{source['file']}, line {source['line']}"
