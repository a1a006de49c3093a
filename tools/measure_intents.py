"""Measures understanding on Home Assistant's own test sentences, against hassil alone.

    python tools/measure_intents.py FOLDER [--failures]

FOLDER: `tests/en` of a copy of https://github.com/OHF-Voice/intents (CC BY 4.0), which is not part
of this repository. A sentence is right when its intent is, every slot that the test expects has
that value, and nothing else is named; something else is done where it acts otherwise, without a
question. Each sentence is read as it stands, with a letter of a name
changed, and with a small word too many; the changes come from a fixed seed. Both sides read against
the same home. Home Assistant's sentences and hassil's version are those installed.
"""

# ruff: noqa: INP001 - a script, not part of a package
from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from hassil import Intents, SlotList, TextSlotList, recognize_best
from home_assistant_intents import get_intents

from assistant.home.demo import DemoHome
from assistant.home.model import Area, Device
from assistant.nlu.parse import ANYWHERE
from assistant.nlu.understanding import HomeUnderstanding
from assistant.plugins.api import PluginContext
from assistant.plugins.loader import load_plugins

FIXTURES = "_fixtures.yaml"
SEED = 1
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LEAST_LETTERS = 4
"""Shorter words are not misspelt: another letter makes another word of them."""
STRAY_WORDS = ("uh", "a", "that", "it", "then", "and", "so")
FREE = frozenset({"item", "search_query"})
"""Slots that take any words."""
NAMES = ("name", "area", "floor")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A test sentence and what it means, in the home where it is said."""

    text: str
    intent: str
    slots: Mapping[str, Any]
    home: TestHome


@dataclass(frozen=True, slots=True)
class Understood:
    """What one side made of a sentence."""

    intent: str | None
    slots: Mapping[str, Any]
    asks: bool = False
    """Whether it is asked back before anything is done."""


class TestHome(DemoHome):
    """A home of a test file; nothing is ever called there.

    The file's entities are added to those that all tests share. One that the sentence names with a
    room or a floor stands there, where the file does not say otherwise.
    """

    def __init__(
        self, file: Mapping[str, Any], shared: Mapping[str, Any], slots: Mapping[str, Any]
    ) -> None:
        super().__init__()
        floors = _by_name(shared, file, "floors")
        self.floors = tuple(floors)
        ids = {floor.get("id", name): name for name, floor in floors.items()}
        self._areas = [
            Area(area.get("id", name), name, floor=ids.get(area.get("floor"), area.get("floor")))
            for name, area in _by_name(shared, file, "areas").items()
        ]
        # A floor without a room cannot be in a home of ours.
        missing = set(floors) - {area.floor for area in self._areas}
        self._areas += [Area(name, f"{name} landing", floor=name) for name in sorted(missing)]
        entities = _by_name(shared, file, "entities").values()
        self._all = [self._device(number, each, slots) for number, each in enumerate(entities)]

    def areas(self) -> Sequence[Area]:
        """The areas."""
        return self._areas

    def devices(self) -> Sequence[Device]:
        """The entities."""
        return self._all

    def contacts(self) -> Sequence[str]:
        """Nobody."""
        return ()

    def _device(self, number: int, entity: Mapping[str, Any], slots: Mapping[str, Any]) -> Device:
        name = str(entity["name"])
        domain = entity.get("domain") or str(entity["id"]).partition(".")[0]
        place = entity.get("area")
        if slots.get("name") == name and {"area", "floor"} & set(slots):
            place = next(
                area.id
                for area in self._areas
                if slots.get("area") in (None, area.name)
                and slots.get("floor") in (None, area.floor)
            )
        ids = {area.name: area.id for area in self._areas}
        return Device(
            id=str(entity.get("id") or f"{domain}.device_{number}"),
            name=name,
            domain=domain,
            area_id=ids.get(str(place), place),
            device_class=(entity.get("attributes") or {}).get("device_class"),
        )


def _by_name(
    shared: Mapping[str, Any], file: Mapping[str, Any], key: str
) -> dict[str, Mapping[str, Any]]:
    """What all tests share and what the file has; of the same name, both together."""
    found: dict[str, Mapping[str, Any]] = {}
    for each in [*shared.get(key, []), *(file.get(key) or [])]:
        found[each["name"]] = {**found.get(each["name"], {}), **each}
    return found


class AnyHome(DemoHome):
    """Whichever home a sentence is said in, so that one understanding serves all."""

    def __init__(self) -> None:
        super().__init__()
        self.now: DemoHome = DemoHome()

    def areas(self) -> Sequence[Area]:
        """Those of the home now."""
        return self.now.areas()

    def devices(self) -> Sequence[Device]:
        """Those of the home now."""
        return self.now.devices()

    def contacts(self) -> Sequence[str]:
        """Those of the home now."""
        return self.now.contacts()


def sentences(folder: Path) -> Iterator[Sentence]:
    """Every test sentence."""
    shared = yaml.safe_load((folder / FIXTURES).read_text("utf-8"))
    for file in sorted(folder.glob("*/*.yaml")):
        document = yaml.safe_load(file.read_text("utf-8"))
        for test in document["tests"]:
            slots = test.get("slots") or {}
            home = TestHome(document, shared, slots)
            for text in test["sentences"]:
                yield Sentence(text, file.parent.name, slots, home)


def misspelt(sentence: Sentence, chance: random.Random) -> str | None:
    """The sentence with a letter changed in a name that it mentions; none if it mentions none."""
    named = " ".join(str(sentence.slots[slot]) for slot in NAMES if slot in sentence.slots)
    words = sentence.text.split()
    there = [
        at
        for at, word in enumerate(words)
        if word.lower() in named.lower().split() and len(word) >= LEAST_LETTERS
    ]
    if not there:
        return None
    at = chance.choice(there)
    letters = list(words[at])
    place = chance.randrange(1, len(letters))
    letters[place] = chance.choice(LETTERS.replace(letters[place].lower(), ""))
    return " ".join([*words[:at], "".join(letters), *words[at + 1 :]])


def with_a_word_too_many(sentence: Sentence, chance: random.Random) -> str | None:
    """The sentence with a small word put in where no name is torn apart."""
    values = " ".join(map(str, sentence.slots.values())).lower().split()
    words = sentence.text.split()
    gaps = [at for at in range(1, len(words)) if words[at].lower() not in values]
    if not gaps:
        return None
    at = chance.choice(gaps)
    return " ".join([*words[:at], chance.choice(STRAY_WORDS), *words[at:]])


def hassil_alone() -> Callable[[str, TestHome], Understood]:
    """Home Assistant's sentences matched by hassil, as Home Assistant's agent does first."""
    intents = Intents.from_dict(get_intents("en") or {})

    def understand(text: str, home: TestHome) -> Understood:
        names = [
            (
                device.name,
                device.name,
                {"domain": device.domain, "device_class": device.device_class},
            )
            for device in home.devices()
        ]
        lists: dict[str, SlotList] = {
            "name": TextSlotList.from_tuples(names, name="name"),
            "area": TextSlotList.from_strings([area.name for area in home.areas()], name="area"),
            "floor": TextSlotList.from_strings(home.floors, name="floor"),
        }
        found = recognize_best(text, intents, slot_lists=lists, best_slot_name="name")
        if found is None:
            # "In here": the area of the microphone, which the tests do not expect as a slot.
            found = recognize_best(
                text,
                intents,
                slot_lists=lists,
                intent_context={"area": {"value": ANYWHERE, "text": ""}},
                best_slot_name="name",
            )
        if found is None:
            return Understood(None, {})
        slots = {name: each.value for name, each in found.entities.items()}
        return Understood(
            found.intent.name, {k: value for k, value in slots.items() if value != ANYWHERE}
        )

    return understand


def ours() -> tuple[frozenset[str], Callable[[str, TestHome], Understood]]:
    """Which intents Hearth carries out, and how it understands."""
    home = AnyHome()
    plugins = load_plugins(PluginContext(home))
    understanding = HomeUnderstanding(home, intents=plugins.intents(), sentences=plugins.sentences)

    def understand(text: str, there: TestHome) -> Understood:
        home.now = there
        meant = understanding.interpret_text(text)
        return Understood(meant.intent, meant.slots, asks=bool(meant.question))

    return plugins.intents(), understand


def is_right(sentence: Sentence, understood: Understood) -> bool:
    """Whether it means what the test says: nothing missing, nothing else named."""
    if understood.intent != sentence.intent:
        return False
    if any(slot in understood.slots and slot not in sentence.slots for slot in NAMES):
        return False
    return all(_same(value, understood.slots.get(slot)) for slot, value in sentence.slots.items())


def is_wrong(sentence: Sentence, understood: Understood) -> bool:
    """Whether something else would be done than what was said; a refusal and a question do not.

    What takes any words, such as what a timer is called, is written down as it was said.
    """
    does = understood.intent is not None and "unknown_name" not in understood.slots
    free = {*FREE, "name", "area"} if sentence.intent.endswith("Timer") else FREE
    wanted = {slot: value for slot, value in sentence.slots.items() if slot not in free}
    got = {slot: value for slot, value in understood.slots.items() if slot not in free}
    meant = replace(sentence, slots=wanted), replace(understood, slots=got)
    return does and not understood.asks and not is_right(*meant)


def _same(expected: object, given: object) -> bool:
    wanted = expected if isinstance(expected, list) else [expected]
    have = given if isinstance(given, list | tuple) else [given]
    return bool({_plain(each) for each in wanted} & {_plain(each) for each in have})


def _plain(value: object) -> str:
    if isinstance(value, int | float):
        return f"{value:g}"
    return " ".join(str(value).lower().split())


def main() -> int:
    """Print a table: how many are right, on each side."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--failures", action="store_true", help="show where Hearth is wrong")
    args = parser.parse_args()
    if not (args.folder / FIXTURES).is_file():
        sys.stderr.write(f"{args.folder} has no {FIXTURES}: name the folder tests/en\n")
        return 2
    carried_out, hearth = ours()
    sides = {"hassil alone": hassil_alone(), "Hearth": hearth}
    every = list(sentences(args.folder))
    chance = random.Random(SEED)
    kinds: dict[str, list[tuple[Sentence, str]]] = {
        "as they stand": [(each, each.text) for each in every],
        "name misspelt": [(each, text) for each in every if (text := misspelt(each, chance))],
        "word too many": [
            (each, text) for each in every if (text := with_a_word_too_many(each, chance))
        ],
    }
    left_out = Counter(each.intent for each in every if each.intent not in carried_out)
    sys.stdout.write(f"intents that Hearth does not carry out: {dict(left_out)}\n")
    for kind, said in kinds.items():
        for side, understand in sides.items():
            read = [(each, text, understand(text, each.home)) for each, text in said]
            right = sum(is_right(each, got) for each, _, got in read)
            asked = sum(got.asks for each, _, got in read if is_right(each, got))
            wrong = sum(is_wrong(each, got) for each, _, got in read)
            share = 100 * right / len(read)
            sys.stdout.write(
                f"{kind:14} {side:13} {right:5} of {len(read)} ({share:.1f} %), "
                f"{asked} of them asked back; something else done: {wrong}\n"
            )
            if args.failures and side == "Hearth":
                _show([row for row in read if not is_right(row[0], row[2])])
    return 0


def _show(wrong: Sequence[tuple[Sentence, str, Understood]]) -> None:
    for sentence, text, got in wrong:
        wanted = f"{sentence.intent} {dict(sentence.slots)}"
        sys.stdout.write(f"  {text!r}: {got.intent} {dict(got.slots)}, wanted {wanted}\n")


if __name__ == "__main__":
    sys.exit(main())
