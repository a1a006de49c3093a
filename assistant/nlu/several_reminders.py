"""Several reminders in one sentence: "remind me to call mom at seven and dad at eight".

Whether "dad" is somebody to call or something to do, only the words around it tell, so it is asked
unless both are people.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.agreement import Found, asked, names_nothing
from assistant.nlu.clauses import ARTICLES, Words
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.names import NameKind
from assistant.nlu.reminders import REMIND, REMIND_TO, at_times, is_timed, said_in
from assistant.nlu.single_command import SingleCommands
from assistant.nlu.spoken_names import spoken_form

_BEFORE_NOUN = ARTICLES | {"a", "an", "your", "his", "her", "their"}


def several_reminders(
    commands: SingleCommands, first: Interpretation, items: Sequence[Words]
) -> Found | None:
    """A whole reminder and those of items that may lack some of its words, each with its time."""
    if not is_timed(first):
        return None
    another = _Another(commands, first)
    found: list[Interpretation] = [first]
    sure = True
    for item in items:
        if (of_item := another.of(item)) is None:
            return None
        found.append(of_item[0])
        sure = sure and of_item[1]
    of_one_day = len({"day" in each.slots for each in found}) == 1
    return tuple(found) if sure and of_one_day else asked(tuple(found))


class _Another:
    """Reads words after a whole reminder, which may lack some of what it says."""

    def __init__(self, commands: SingleCommands, first: Interpretation) -> None:
        self._commands = commands
        self._first = first

    def of(self, item: Words) -> tuple[Interpretation, bool] | None:
        """The reminder of an item, and whether it can be no other.

        It has a verb of its own, or another time, or is about something else.
        """
        if own := self._reminder((*REMIND, *item)):
            return own, True
        if names_nothing(item):
            found = map(self._reminder, at_times(self._first, item))
            return next(((each, True) for each in found if each), None)
        alone = self._reminder((*REMIND_TO, *item))
        return self._with_verb(said_in(alone), item) if alone else None

    def _with_verb(self, said: Words, item: Words) -> tuple[Interpretation, bool] | None:
        """The reminder of words that may be a thing: after the verb of the first one then."""
        first, when = said_in(self._first), item[len(said) :]
        is_noun = said[0] in _BEFORE_NOUN
        nouns = [at for at, word in enumerate(first) if word in _BEFORE_NOUN] if is_noun else []
        cut = max(nouns, default=len(first) - 1)
        of_somebody = self._is_somebody(first[cut:]) and self._is_somebody(said)
        verb = first[:cut] if is_noun or of_somebody or len(said) == 1 else ()
        meant = self._reminder((*REMIND, self._joint(), *verb, *said, *when))
        return (meant, of_somebody or (is_noun and cut == 0)) if meant else None

    def _joint(self) -> str:
        """The word before what the first one says: "about" the meeting, "to" call."""
        before, _, _ = self._first.text.partition(" ".join(said_in(self._first)))
        return before.split()[-1]

    def _is_somebody(self, words: Words) -> bool:
        entries = self._commands.parser.index.entries.get(spoken_form(" ".join(words)), ())
        return any(each.kind is NameKind.CONTACT for each in entries)

    def _reminder(self, words: Words) -> Interpretation | None:
        meant = self._commands.exact(words)
        return meant if meant and is_timed(meant) else None
