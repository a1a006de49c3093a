"""What goes on from the last command: "and the bedroom", "no, the other one", "pause it".

It is the last command's words with others in the place of some, which the understanding of
corrections within a sentence ("the kitchen, no, the bedroom light") reads.
"""

from __future__ import annotations

from dataclasses import replace

from assistant.dialogue.answers import Answers, about, adds
from assistant.dialogue.choice import HomeOptions, others
from assistant.dialogue.state import Exchange
from assistant.home.model import Home
from assistant.nlu.agreement import values_of
from assistant.nlu.clauses import SEVERAL, VERBS, Words, corrections
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import COMMAND
from assistant.nlu.single_command import is_certain
from assistant.nlu.understanding import HomeUnderstanding

_OTHER = frozenset({("other",), ("others",), ("other", "one"), ("other", "ones")})
_THING = frozenset({"the", "my", "our", "one", "ones", "in", "on"})
_ROOMS = frozenset({"area", "floor"})
_IT, _THE_TIMER = "it", "the timer"
_TURN_OFF = "HassTurnOff"
_UNDOES = {"HassTurnOn": _TURN_OFF, _TURN_OFF: "HassTurnOn"}
_SETS = ("HassLightSet", "HassClimateSetTemperature", "HassSetVolume", "HassSetPosition", "HassFan")
"""Intents that put right what the same intent did to the same devices."""
_ASKS = ("HassGet", "HassClimateGet", "HearthWhat")
"""Beginnings of intents that change nothing."""


class Ellipses:
    """Understands words that mean something only after the last command.

    Of several commands in a sentence they go on from the one that they fit, the last one first.
    """

    def __init__(
        self, words: HomeUnderstanding, home: Home, options: HomeOptions, answers: Answers
    ) -> None:
        self._home_words = words
        self._home = home
        self._options = options
        self._answers = answers

    def instead(self, words: Words, last: Exchange) -> Interpretation | None:
        """The command that was meant after all, and what puts the wrong one right.

        "Them" are what all commands were about.
        """
        if not SEVERAL.isdisjoint(words) and not last.asks:
            meant = self._home_words.interpret_text(" ".join(words))
            return meant if is_certain(meant) else None
        found = (self._instead(words, each) for each in last.each)
        return next(filter(None, found), None)

    def more(self, words: Words, last: Exchange) -> Interpretation | None:
        """A command once more, about something else; a command by itself is none."""
        if words[0] in VERBS or is_certain(self._home_words.interpret_text(" ".join(words))):
            return None
        found = (self._more(words, each) for each in last.each)
        return next(filter(None, found), None)

    def other(self, words: Words, last: Exchange) -> Interpretation | None:
        """The same about "the other one": of two there, or of those that were asked about."""
        if _thing(words) not in _OTHER or not last.meant.targets:
            return None
        ids = others(self._options.of(last.options or self._alike(last)), last.meant.targets)
        if last.options and not ids:
            ids = last.options
        return about(last.meant, ids) if ids else None

    def of_timer(self, words: Words, last: Exchange) -> Interpretation | None:
        """A command about "it", which is a timer if that was spoken of last."""
        if _IT not in words or not _is_of_timer(last.meant):
            return None
        text = " ".join(_THE_TIMER if word == _IT else word for word in words)
        meant = self._home_words.interpret_text(text)
        return meant if is_certain(meant) and _is_of_timer(meant) else None

    def _instead(self, words: Words, last: Exchange) -> Interpretation | None:
        if last.options and last.asks and (found := self._answers.understand(words, last)):
            return found
        meant = self.other(words, last) or self._replaced(words, last)
        if meant is None or last.asks:
            return last.answered(meant) if meant else None
        if meant.intent == last.meant.intent and meant.targets == last.meant.targets:
            harmless = meant.slots != last.meant.slots and str(meant.intent).startswith(_SETS)
            return meant if harmless and not (_moves(meant) or _moves(last.meant)) else None
        return self._undoing(meant, last)

    def _undoing(self, meant: Interpretation, last: Exchange) -> Interpretation | None:
        """A corrected command, after which what the wrong one changed is as before.

        What would be opened by that stays shut.
        """
        intent = str(last.meant.intent)
        undoing = _UNDOES.get(intent)
        changed = [each for each in self._home.devices() if each.id in last.changed]
        if undoing:
            changed = [each for each in changed if not each.is_opened_by(undoing)]
        wrong = tuple(each.id for each in changed if each.id not in meant.targets)
        if not wrong:
            changes_nothing = intent.startswith(_ASKS) or not changed
            same = meant.intent == last.meant.intent or meant.targets == last.meant.targets
            return meant if changes_nothing or same else None
        if undoing is None and last.turned_on.issuperset(wrong):
            undoing = _TURN_OFF
        if undoing is None:
            return None
        undo = replace(last.meant, intent=undoing, targets=wrong, then=(), slots={}, undoes=True)
        return replace(meant, then=(undo,))

    def _more(self, words: Words, last: Exchange) -> Interpretation | None:
        found = self.other(words, last) or self._replaced(words, last)
        return None if found is None or _is_done(found, last) else found

    def _replaced(self, words: Words, last: Exchange) -> Interpretation | None:
        """The last command with these words in the place of some of its own."""
        thing = _thing(words)
        if not all(self._replaced(before, last) for before, _ in corrections(thing)):
            return None  # what was taken back at once was no such words
        text = f"{last.meant.text} no {' '.join(thing)}"
        meant = self._home_words.interpret_text(text)
        if meant.text == text:  # the "no" was taken for a word of a title or a name
            text = f"{last.meant.text} {' '.join(words)}"
            meant = self._home_words.interpret_text(text)
            return meant if is_certain(meant) and adds(meant, last.meant) else None
        known = is_certain(meant) and not meant.then and meant.text != " ".join(thing)
        known = known and self._is_of_kind(meant, last.meant)
        changed = (meant.targets, dict(meant.slots)) != (last.meant.targets, dict(last.meant.slots))
        return meant if known and (changed or meant.intent != last.meant.intent) else None

    def _is_of_kind(self, meant: Interpretation, before: Interpretation) -> bool:
        """Whether a command for a room is about such things as the one before it.

        "And the office" after the kettle turns on no lights.
        """
        if "name" in meant.slots or not _ROOMS & meant.slots.keys():
            return True
        domains = {device.id: device.domain for device in self._home.devices()}
        kinds = [{domains.get(each) for each in of.targets} for of in (meant, before)]
        return kinds[0] <= kinds[1]

    def _alike(self, last: Exchange) -> tuple[str, ...]:
        """Devices of the kind that was meant, in its room."""
        known = {device.id: device for device in self._home.devices()}
        meant = [known[each] for each in last.meant.targets if each in known]
        kinds = {(device.domain, device.area_id) for device in meant}
        return tuple(each.id for each in known.values() if (each.domain, each.area_id) in kinds)


def _is_done(meant: Interpretation, last: Exchange) -> bool:
    """Whether a command asks for nothing that the one before it has not done."""
    same = meant.intent == last.meant.intent and set(meant.targets) <= set(last.changed)
    return same and bool(meant.targets) and values_of(meant) == values_of(last.meant)


def _is_of_timer(meant: Interpretation) -> bool:
    """Whether it is about a timer, not a command for later."""
    return "Timer" in str(meant.intent) and COMMAND not in meant.slots


def _moves(meant: Interpretation) -> bool:
    """Whether it changes something by a step, which done once more would add to the first."""
    return any(slot.endswith("_step") for slot in meant.slots)


def _thing(words: Words) -> Words:
    """A name without article and "one"; all of the words where nothing else is left."""
    begin, end = 0, len(words)
    while begin < end and words[begin] in _THING:
        begin += 1
    while end > begin and words[end - 1] in {"one", "ones"}:
        end -= 1
    return words[begin:end] or words
