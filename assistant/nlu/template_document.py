"""The document of all sentence templates: Home Assistant's, and what is laid over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hassil import merge_dict
from home_assistant_intents import get_intents

_UNUSED_LISTS = ("{zone",)
_UNUSED_SENTENCES = frozenset({"[<the>] {name}", "stop [playing]"})
"""A device's bare name is no command: it is too often the half of one. "Stop" is said to whatever
sounds, a timer first."""


def whole_document(extra: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Home Assistant's English sentences with documents of the same form laid over them."""
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


def one_sentence_each(blocks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Blocks of one sentence, so that sentences can be chosen one by one."""
    return [
        {**block, "sentences": [sentence]}
        for block in blocks
        for sentence in block["sentences"]
        if is_of_file(block.get("metadata"))
        or (
            sentence not in _UNUSED_SENTENCES
            and not any(used in sentence for used in _UNUSED_LISTS)
        )
    ]


def is_of_file(metadata: Mapping[str, Any] | None) -> bool:
    """Whether the metadata of a block says in which file it is written."""
    return bool(metadata) and "file" in (metadata or {})
