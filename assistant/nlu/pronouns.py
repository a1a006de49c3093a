"""Commands with "it" and "them": the devices that were named before stand in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.home.model import Device
from assistant.nlu.agreement import Found, merged
from assistant.nlu.clauses import PRONOUNS, SEVERAL, Words
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import COMMAND
from assistant.nlu.referents import Targets
from assistant.nlu.single_command import SingleCommands, interpretation_of
from assistant.nlu.spoken_names import spoken_form

Antecedents = Sequence[Targets]
"""The devices of each command before: "it" means those of the last one, "them" those of all."""


_TWO = 2


class Pronouns:
    """Understands commands with pronouns. `devices`: those of the home by their ids."""

    def __init__(self, commands: SingleCommands, devices: Mapping[str, Device]) -> None:
        self._commands = commands
        self._devices = devices

    def understand(self, words: Words, named: Antecedents) -> Interpretation | None:
        """A command with "it" or "them", for each of the devices that are meant."""
        at = _pronoun(words)
        if at is None or not named:
            return None
        end = at + 1 + (words[at + 1 : at + 2] in {("one",), ("ones",)})
        targets = _meant_by(words[at], named)
        found = [self._about(target, words[:at], words[end:]) for target in targets]
        if not found or any(each is None for each in found):
            return None
        return merged([each for each in found if each], " ".join(words))

    def replaced(self, words: Words, named: Antecedents) -> Words | None:
        """The words with a device's name in place of "it"."""
        at = _pronoun(words)
        if at is None or not named:
            return None
        device = next(map(self._devices.get, _meant_by(words[at], named)), None)
        return _with_name(words[:at], device, words[at + 1 :]) if device else None

    def _about(self, target: str, before: Words, after: Words) -> Interpretation | None:
        """A command about one device, by its name."""
        device = self._devices.get(target)
        reading = device and self._commands.reading(_with_name(before, device, after))
        if not reading:
            return None
        if COMMAND in reading.slots:
            return interpretation_of(reading)
        if reading.free_words or target not in reading.targets:
            return None
        return replace(interpretation_of(reading), targets=(target,))


def antecedents_after(found: Found, named: Antecedents) -> Antecedents:
    """What "it" and "them" mean after some commands."""
    return [each.targets for each in found if each.targets] or named


def _pronoun(words: Words) -> int | None:
    return next((at for at, word in enumerate(words) if word in PRONOUNS), None)


def _meant_by(pronoun: str, named: Antecedents) -> Targets:
    """The devices that a pronoun means: none for "both" unless they or their commands are two."""
    if pronoun not in SEVERAL:
        return named[-1]
    devices = tuple(dict.fromkeys(target for targets in named for target in targets))
    return () if pronoun == "both" and _TWO not in {len(devices), len(named)} else devices


def _with_name(before: Words, device: Device, after: Words) -> Words:
    return (*before, "the", *spoken_form(device.name).split(), *after)
