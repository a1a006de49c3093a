"""What is said in a conversation: by itself, or as an answer, a correction, or more of the same.

After a question the answer comes first: which one is meant, a no, what was lacking. Else words
count by themselves if they are a command; if not, they may go on from the last one: "and the
bedroom" is that command about the bedroom, "no, the other one" puts the wrong device back, too.
Both are the last command's words with others in the place of some, which the understanding of
corrections within a sentence ("the kitchen, no, the bedroom light") reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product, takewhile

from assistant.dialogue.choice import Option, chosen, option, others
from assistant.dialogue.state import NEVER_MIND, Dialogue, Exchange
from assistant.endpointing.completeness import Completeness
from assistant.home.model import Device, Home
from assistant.lattice.graph import Hypothesis
from assistant.nlu.accounting import LIKELY, Evidence, likeness
from assistant.nlu.agreement import values_of
from assistant.nlu.clauses import SEVERAL, VERBS, Words, corrections
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import COMMAND
from assistant.nlu.single_command import is_certain
from assistant.nlu.tokens import HESITATIONS, split_words
from assistant.nlu.understanding import HomeUnderstanding
from assistant.plugins.api import Asks

_CLOSE_NATS = 4.0
"""What is further behind the best hypothesis is not taken for an answer."""
_FEW = 3
"""Words of an answer that may be taken for others as close: "both" for "but"."""
_NO = frozenset({("no",), ("nope",), ("no", "thanks"), ("no", "thank", "you"), ("not", "that")})
_MORE = (("and",), ("also",), ("what", "about"), ("how", "about"))
_TOO = (("too",), ("as", "well"))
_REFUSING = (
    ("no", "i", "meant"),
    ("no", "i", "mean"),
    ("no", "not", "that"),
    ("no",),
    ("i", "meant"),
)
_OTHER = frozenset({("other",), ("others",), ("other", "one"), ("other", "ones")})
_JOINTS = ("", "for", "at", "in", "to", "on")
"""What may be missing between a command and what it lacked."""
_ROOMS = frozenset({"area", "floor"})
_IT, _THE_TIMER = "it", "the timer"
_UNCLEAR = "unclear"
"""The slot of a time that cannot be told from what was said."""
_MOST_OF_TIME = 3
"""Words that such a time has: "in the morning"."""
_UNDOES = {"HassTurnOn": "HassTurnOff", "HassTurnOff": "HassTurnOn"}
_SETS = ("HassLightSet", "HassClimateSetTemperature", "HassSetVolume", "HassSetPosition", "HassFan")
"""Intents that put right what the same intent did to the same devices."""
_ASKS = ("HassGet", "HassClimateGet", "HearthWhat")
"""Beginnings of intents that change nothing."""


class Conversation:
    """Understands what is said in the light of what was said before; implements `Understanding`."""

    def __init__(self, words: HomeUnderstanding, home: Home, dialogue: Dialogue) -> None:
        self._home_words = words
        self._home = home
        self._dialogue = dialogue

    def interpret(self, nbest: Sequence[Hypothesis]) -> Interpretation:
        """The best interpretation over all the hypotheses (best first, never empty)."""
        last = self._dialogue.last
        if last is not None and (found := self._of_close(nbest, last)):
            return found
        return self._home_words.interpret(nbest)

    def interpret_text(self, text: str) -> Interpretation:
        """The interpretation of a text that is certain."""
        last = self._dialogue.last
        found = self._in_context(split_words(text), last) if last else None
        return found or self._home_words.interpret_text(text)

    def completeness(self, text: str) -> Completeness:
        """How complete what was said is; whoever answers has said it all, but for a mere no."""
        last = self._dialogue.last
        said = split_words(text)
        if last is not None and last.asks is Asks.CODE:
            return Completeness.OPEN  # digits are said with pauses, and how many is a secret
        if last is not None and self._in_context(said, last):
            return Completeness.OPEN if _plain(said) in _NO else Completeness.COMPLETE
        return self._home_words.completeness(text)

    def _of_close(self, nbest: Sequence[Hypothesis], last: Exchange) -> Interpretation | None:
        """What an answer means that is likely, or likely among what sounds like it.

        An answer of a few words is hardly told from others by what stands around it.
        """
        heard = nbest[0]
        said = tuple(split_words(heard.text))
        evidence = Evidence.ASKED if last.asks else Evidence.ALSO_HEARD
        for hypothesis in nbest:
            if heard.log_prob - hypothesis.log_prob > _CLOSE_NATS:
                break
            words = tuple(split_words(hypothesis.text))
            of_few = last.asks and len(said) == len(words) <= _FEW
            if not of_few and likeness(said, words, evidence) < LIKELY:
                continue
            if found := self._in_context(words, last):
                return found if hypothesis is heard else replace(found, reason=_heard_as(heard))
        return None

    def _in_context(self, said: Sequence[str], last: Exchange) -> Interpretation | None:
        """What some words mean after the last exchange, if they need it to mean something."""
        words = _plain(said)
        found = self._answer_or_more(words, last) if words else None
        if found is None:
            return None
        reason = found.reason
        if not last.asks and self._opens(found) and not self._opens(last.meant):
            reason = f"it opens, which {last.meant.text!r} does not"
        return replace(found, answers=True, evidence=None, reason=reason)

    def _opens(self, meant: Interpretation) -> bool:
        """Whether it opens what keeps people out."""
        intents = {device: str(each.intent) for each in meant.commands for device in each.targets}
        return any(
            each.id in intents and each.is_opened_by(intents[each.id])
            for each in self._home.devices()
        )

    def _answer_or_more(self, words: Words, last: Exchange) -> Interpretation | None:
        if last.asks and (found := self._answer(words, last)):
            return found
        if rest := _after(words, _REFUSING):
            if not SEVERAL.isdisjoint(rest) and not last.asks:
                return self._about_all(rest)
            found = next(filter(None, (self._instead(rest, each) for each in last.each)), None)
            return None if found is None else replace(found, takes_back=True)
        more = _after(words, _MORE)
        if rest := _before(more or words, _TOO) or more:
            return next(filter(None, (self._more(rest, each) for each in last.each)), None)
        return self._other(words, last) or self._of_timer(words, last)

    def _answer(self, words: Words, last: Exchange) -> Interpretation | None:
        """An answer to the question that was asked, with what waits for it as well."""
        if words in _NO:
            return _never_mind(words)
        if last.options:
            options = self._options(last.options)
            ids = chosen(_without_command(words, last.meant), options)
            if ids is not None:
                every = ids == last.options
                found = _about(last.meant, ids, every=every) if ids else None
                return last.answered(found) if found else _never_mind(words)
        if last.asks is Asks.MORE:
            return self._all_completed(words, last)
        return None

    def _all_completed(self, words: Words, last: Exchange) -> Interpretation | None:
        """What was asked about with what it lacked; a time is for all that have no clear one."""
        if (found := self._completed(words, last.meant)) is None:
            return None
        first, *others = (
            (self._completed(words, each) or each) if _UNCLEAR in each.slots else each
            for each in last.answered(found).commands
        )
        return replace(first, then=tuple(others))

    def _completed(self, words: Words, command: Interpretation) -> Interpretation | None:
        """The command with what it lacked; who says a whole one instead means that."""
        if is_certain(self._home_words.interpret_text(" ".join(words))):
            return None
        for begun, joint in product(_without_time(command), _JOINTS):
            meant = self._home_words.interpret_text(" ".join(filter(None, (begun, joint, *words))))
            same = meant.intent == command.intent or command.intent is None
            if same and is_certain(meant) and _adds(meant, command):
                return meant
        return None

    def _instead(self, words: Words, last: Exchange) -> Interpretation | None:
        """The command that was meant after all, and what puts the wrong one right."""
        if last.options and last.asks and (found := self._answer(words, last)):
            return found
        meant = self._other(words, last) or self._replaced(words, last)
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
        wrong = tuple(
            each.id
            for each in self._home.devices()
            if each.id in last.changed
            and each.id not in meant.targets
            and not (undoing and each.is_opened_by(undoing))
        )
        if not wrong:
            changes_nothing = intent.startswith(_ASKS) or not last.changed
            same = meant.intent == last.meant.intent or meant.targets == last.meant.targets
            return meant if changes_nothing or same else None
        if undoing is None:
            return None
        undo = replace(last.meant, intent=undoing, targets=wrong, then=(), slots={})
        return replace(meant, then=(undo,))

    def _about_all(self, words: Words) -> Interpretation | None:
        """A correction that says "them": not of one command, but of what all were about."""
        meant = self._home_words.interpret_text(" ".join(words))
        return meant if is_certain(meant) else None

    def _more(self, words: Words, last: Exchange) -> Interpretation | None:
        """The last command once more, about something else; a command by itself is none."""
        if words[0] in VERBS or is_certain(self._home_words.interpret_text(" ".join(words))):
            return None
        found = self._other(words, last) or self._replaced(words, last)
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
            return meant if is_certain(meant) and _adds(meant, last.meant) else None
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

    def _other(self, words: Words, last: Exchange) -> Interpretation | None:
        """The same about "the other one": of two there, or of those that were asked about."""
        if _thing(words) not in _OTHER or not last.meant.targets:
            return None
        ids = others(self._options(last.options or self._alike(last)), last.meant.targets)
        if last.options and not ids:
            ids = last.options
        return _about(last.meant, ids) if ids else None

    def _of_timer(self, words: Words, last: Exchange) -> Interpretation | None:
        """A command about "it", which is a timer if that was spoken of last."""
        if _IT not in words or not _is_of_timer(last.meant):
            return None
        text = " ".join(_THE_TIMER if word == _IT else word for word in words)
        meant = self._home_words.interpret_text(text)
        return meant if is_certain(meant) and _is_of_timer(meant) else None

    def _alike(self, last: Exchange) -> tuple[str, ...]:
        """Devices of the kind that was meant, in its room."""
        known = {device.id: device for device in self._home.devices()}
        meant = [known[each] for each in last.meant.targets if each in known]
        kinds = {(device.domain, device.area_id) for device in meant}
        return tuple(each.id for each in known.values() if (each.domain, each.area_id) in kinds)

    def _options(self, ids: Sequence[str]) -> list[Option]:
        """What may be chosen: devices with their rooms, else what goes by its own name."""
        known = {device.id: device for device in self._home.devices()}
        return [
            option(id_, *self._names(known[id_])) if id_ in known else option(id_, [id_])
            for id_ in ids
        ]

    def _names(self, device: Device) -> tuple[list[str], list[str]]:
        areas = {area.id: area for area in self._home.areas()}
        area = areas.get(device.area_id or "")
        places = [area.name, *area.aliases, area.floor or ""] if area else []
        return [device.name, *device.aliases], places


_OPENING = frozenset({"please", "okay", "ok", "oh", "well", "so"})
_CLOSING = frozenset({"please", "thanks"})
_THING = frozenset({"the", "my", "our", "one", "ones", "in", "on"})


def _heard_as(heard: Hypothesis) -> str:
    return f"heard as: {heard.text}"


def _never_mind(words: Words) -> Interpretation:
    return Interpretation(" ".join(words), NEVER_MIND, confidence=1.0)


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


def _without_command(words: Words, asked: Interpretation) -> Words:
    """An answer without the words that the command that was asked about begins with.

    "Turn on the office one" says which lamp is to be turned on.
    """
    pairs = zip(words, asked.text.split(), strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return words[same:] or words


def _without_time(meant: Interpretation) -> Iterator[str]:
    """The words of a command, also without the last ones where these say no clear time."""
    words = meant.text.split()
    for dropped in range(_MOST_OF_TIME + 1 if _UNCLEAR in meant.slots else 1):
        yield " ".join(words[: len(words) - dropped])


def _adds(meant: Interpretation, before: Interpretation) -> bool:
    """Whether a command says more than the one before, and nothing of that otherwise."""
    kept = {name: slot for name, slot in before.slots.items() if name != _UNCLEAR}
    return dict(meant.slots) != dict(before.slots) and kept.items() <= meant.slots.items()


def _about(meant: Interpretation, ids: tuple[str, ...], *, every: bool = False) -> Interpretation:
    """The same command about some of what it may have meant; `every`: for each of them."""
    plain = replace(meant, targets=ids, question="", alternatives=(), then=())
    if not every:
        return plain
    first, *further = (replace(plain, targets=(id_,)) for id_ in ids)
    return replace(first, then=tuple(further))


def _plain(said: Sequence[str]) -> Words:
    """The words without what only fills or is polite; "and" and "no" tell what is meant."""
    words = [word for word in said if word not in HESITATIONS]
    while words[:1] and words[0] in _OPENING:
        del words[0]
    while words[-1:] and words[-1] in _CLOSING and len(words) > 1:
        del words[-1]
    return tuple(words)


def _after(words: Words, beginnings: Sequence[Words]) -> Words:
    """What follows one of some beginnings."""
    for beginning in beginnings:
        if words[: len(beginning)] == beginning:
            return words[len(beginning) :]
    return ()


def _before(words: Words, endings: Sequence[Words]) -> Words:
    """What one of some endings follows."""
    for ending in endings:
        if words[-len(ending) :] == ending:
            return words[: -len(ending)]
    return ()


def _thing(words: Words) -> Words:
    """A name without article and "one"; all of the words where nothing else is left."""
    begin, end = 0, len(words)
    while begin < end and words[begin] in _THING:
        begin += 1
    while end > begin and words[end - 1] in {"one", "ones"}:
        end -= 1
    return words[begin:end] or words
