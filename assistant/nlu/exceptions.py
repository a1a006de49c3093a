"""Commands about several devices with some of them left out: "... except the kitchen light"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from assistant.home.model import Area, Device
from assistant.nlu.clauses import Words, excepted
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.names import NameKind
from assistant.nlu.referents import Targets
from assistant.nlu.single_command import SingleCommands
from assistant.nlu.spoken_names import spoken_form

_LONGEST_TAIL = 7
"""How many words of the command may come after what it excepts."""
_BEFORE_TAIL = frozenset({"on", "off", "out", "up", "down", "open", "closed", "to", "at", "by"})
"""Words that may go on with a command after what it excepts: "... to fifty percent"."""
SPARED_FROM = ("turn off", "close", "lock")
"""What can be done with whatever may be excepted."""


class Exceptions:
    """Understands commands that leave devices out. Devices and areas are given by their ids."""

    def __init__(
        self,
        commands: SingleCommands,
        devices: Mapping[str, Device],
        areas: Mapping[str, Area],
    ) -> None:
        self._commands = commands
        self._devices = devices
        self._areas = areas

    def understand(self, before: Words, after: Words) -> Interpretation | None:
        """A command about several devices, for all but some, by the words around "except"."""
        for cut in range(len(after), max(0, len(after) - _LONGEST_TAIL - 1), -1):
            if cut < len(after) and after[cut] not in _BEFORE_TAIL:
                continue
            base = self._commands.exact((*before, *after[cut:]))
            if base is None or len(base.targets) < 2 or "name" in base.slots:  # noqa: PLR2004
                continue
            things = excepted(after[:cut])
            spared = [self._spared(thing, base.targets) for thing in things]
            rest = tuple(
                target for target in base.targets if not any(target in each for each in spared)
            )
            if all(spared) and rest:
                said = [" ".join(thing) for thing in things]
                return replace(base, targets=rest, slots={**base.slots, "except": said})
        return None

    def _spared(self, thing: Words, targets: Targets) -> set[str]:
        """Which of the devices a name means: of a device, or of a room or floor."""
        entries = self._commands.parser.index.entries.get(spoken_form(" ".join(thing)), ())
        devices = {each.id for each in entries if each.kind is NameKind.DEVICE} & set(targets)
        places = {each.id for each in entries if each.kind in (NameKind.AREA, NameKind.FLOOR)}
        there = {target for target in targets if places & self._places(target)}
        if found := devices or there:
            return found
        for verb in SPARED_FROM:
            meant = self._commands.exact((*verb.split(), *thing), free=False)
            if meant and (found := set(meant.targets) & set(targets)):
                return found
        return set()

    def _places(self, target: str) -> set[str | None]:
        """The ids of the area and the floor where a device is."""
        device = self._devices.get(target)
        area = self._areas.get(device.area_id or "") if device else None
        return {area.id, area.floor} - {None} if area else set()
