"""Shopping and to-do lists, kept by the home as `todo` entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from assistant.home.model import Change, Home, HomeError, ServiceCall
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.numbers import is_within_number
from assistant.plugins import Outcome, Plugin, PluginContext

_ADD = ("HassShoppingListAddItem", "HassListAddItem")
_COMPLETE = ("HassShoppingListCompleteItem", "HassListCompleteItem")
_READ = ("HassShoppingListLastItems", "HearthListItems")
_REMOVE = ("HassListRemoveItem",)
Item = Mapping[str, str]
"""`summary`, `status`, and `uid` where the home has such."""
_BEFORE_ITEM = ("some ", "a ", "an ", "the ", "to ")


class Lists:
    """Adds, completes, removes and reads items."""

    name = "lists"

    def __init__(self, home: Home) -> None:
        self._home = home

    def intents(self) -> Sequence[str]:
        """The shopping list's intents and any list's."""
        return (*_ADD, *_COMPLETE, *_READ, *_REMOVE)

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch: reading a list takes no time."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Do it on the first list meant."""
        if not interpretation.targets:
            return Outcome(success=False, reply="This home has no such list.", not_here=True)
        target = interpretation.targets[0]
        name = self._name(target)
        try:
            if interpretation.intent in _READ:
                return await self._read(target, name)
            return await self._change(interpretation, target, name)
        except HomeError as error:
            return Outcome(success=False, reply=str(error), targets=(target,))

    async def _read(self, target: str, name: str) -> Outcome:
        left = [item["summary"] for item in await self._items(target) if _is_open(item)]
        reply = f"On your {name}: {_joined(left)}." if left else f"Your {name} is empty."
        return Outcome(success=True, reply=reply, targets=(target,))

    async def _change(self, interpretation: Interpretation, target: str, name: str) -> Outcome:
        items = split_items(str(interpretation.slots.get("item", "")))
        listed = items
        if interpretation.intent in _ADD:
            service, extra, reply = "add_item", {}, f"Added {_joined(items)} to your {name}."
        elif interpretation.intent in _COMPLETE:
            extra = {"status": "completed"}
            service, reply = "update_item", f"Checked {_joined(items)} off your {name}."
            there = [item for item in await self._items(target) if _is_open(item)]
            listed = [_found(there, item, name) for item in items]
        else:
            service, extra, reply = "remove_item", {}, f"Removed {_joined(items)} from your {name}."
            there = sorted(await self._items(target), key=_is_open, reverse=True)
            listed = [_found(there, item, name) for item in items]
        changes: list[Change] = []
        for item in listed:
            data = {"item": item, **extra}
            changes += await self._home.call(ServiceCall("todo", service, (target,), data))
        return Outcome(success=True, reply=reply, targets=(target,), changes=tuple(changes))

    async def _items(self, target: str) -> Sequence[Item]:
        items: Sequence[Item] = (await self._home.state(target)).attributes.get("items", ())
        return items

    def _name(self, target: str) -> str:
        names = (device.name.lower() for device in self._home.devices() if device.id == target)
        name = next(names, "list")
        return name if name.endswith("list") else f"{name} list"


def _is_open(item: Item) -> bool:
    return item["status"] == "needs_action"


def _found(items: Sequence[Item], said: str, name: str) -> str:
    """What the home calls an item, however it is spelled there; raises `HomeError`.

    Something that was bought before is on a list twice, so a home that has ids is told the id.
    """
    for item in items:
        if item["summary"].casefold() == said.casefold():
            return item.get("uid") or item["summary"]
    raise HomeError(f"{said} is not on your {name}.")


def split_items(text: str) -> list[str]:
    """Split what was said: "milk and some eggs" is two items; articles in front are dropped.

    So is "to", of what is to be done: "to call mom".

    "A hundred and fifty grams of butter" is one.
    """
    words = text.split()
    ends = [
        at for at, word in enumerate(words) if word == "and" and not is_within_number(words, at)
    ]
    items = []
    for start, end in pairwise((-1, *ends, len(words))):
        item = " ".join(words[start + 1 : end])
        for article in _BEFORE_ITEM:
            item = item.removeprefix(article)
        if item:
            items.append(item)
    return items


def _joined(items: Sequence[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    return Lists(context.home)
