"""What "my" means in somebody's mouth: their own list, where the home has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.home.model import Device, Home

_LISTS = "todo"
_LIST = "list"


@dataclass(frozen=True, slots=True)
class OwnThings:
    """Finds what belongs to whom.

    A list is somebody's own if the settings say so, or if it is called "Anna's shopping list".
    """

    home: Home | None = None
    lists: Mapping[str, str] = field(default_factory=dict)
    """By the person's name: the list's name or id."""

    def list_of(self, name: str, text: str, target: str) -> str | None:
        """The list that `text` means when somebody says it instead of `target`, if another one."""
        words = text.casefold().split()
        if "my" not in words or self.home is None:
            return None
        lists = [device for device in self.home.devices() if device.domain == _LISTS]
        meant = next((device for device in lists if device.id == target), None)
        if meant is None:
            return None
        given = {each.casefold(): chosen for each, chosen in self.lists.items()}
        if chosen := given.get(name.casefold()):
            return next((each.id for each in lists if _is_called(each, chosen)), None)
        said = " ".join(words[words.index("my") + 1 :])
        wanted = {_plain(f"{name}'s {meant.name}"), _plain(f"{name}'s {meant.name} {_LIST}")}
        if said.startswith(_LIST):
            wanted.add(_plain(f"{name}'s {_LIST}"))
        return next(
            (each.id for each in lists for called in _called(each) if _plain(called) in wanted),
            None,
        )


def _called(device: Device) -> tuple[str, ...]:
    return (device.name, *device.aliases)


def _is_called(device: Device, name: str) -> bool:
    return name.casefold() in {device.id, *(each.casefold() for each in _called(device))}


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("\u2019", "'").replace("'", "").split())
