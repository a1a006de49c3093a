"""Answers to what was asked: which one, at what time, or no.

What waits for the answer besides, another command of the same sentence, goes on with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product, takewhile

from assistant.dialogue.choice import HomeOptions, chosen
from assistant.dialogue.state import NEVER_MIND, Exchange
from assistant.nlu.clauses import Words
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import UNCLEAR
from assistant.nlu.single_command import is_certain
from assistant.nlu.understanding import HomeUnderstanding
from assistant.plugins.api import Asks

NO = frozenset({("no",), ("nope",), ("no", "thanks"), ("no", "thank", "you"), ("not", "that")})
_JOINTS = ("", "for", "at", "in", "to", "on")
"""What may be missing between a command and what it lacked."""
_AROUND_TIME = frozenset({"the", "my", "one", "for", "at", "set"})
_MOST_OF_TIME = 3
"""Words that such a time has: "in the morning"."""


class Answers:
    """Understands answers, by the words and the names of a home."""

    def __init__(self, words: HomeUnderstanding, options: HomeOptions) -> None:
        self._home_words = words
        self._options = options

    def understand(self, words: Words, last: Exchange) -> Interpretation | None:
        """An answer to the question that was asked, with what waits for it as well."""
        if words in NO:
            return _never_mind(words)
        if last.options:
            options = self._options.of(last.options)
            ids = chosen(_without_command(words, last.meant), options)
            if ids is not None:
                every = ids == last.options
                found = about(last.meant, ids, every=every) if ids else None
                return last.answered(found) if found else _never_mind(words)
            if found := self._told_by_time(words, last.meant):
                return last.answered(found)
        if last.asks is Asks.MORE:
            return self._all_completed(words, last)
        return None

    def _told_by_time(self, words: Words, asked: Interpretation) -> Interpretation | None:
        """The command about what a time tells from others, and is no device: an alarm, a timer."""
        found = None if asked.targets else self._completed(_bare(words), asked)
        return None if found is None or found.free_words else found

    def _all_completed(self, words: Words, last: Exchange) -> Interpretation | None:
        """What was asked about with what it lacked; a time is for all that have no clear one."""
        if (found := self._completed(words, last.meant)) is None:
            return None
        first, *others = (
            (self._completed(words, each) or each) if UNCLEAR in each.slots else each
            for each in last.answered(found).commands
        )
        return replace(first, then=tuple(others))

    def _completed(self, words: Words, command: Interpretation) -> Interpretation | None:
        """The command with what it lacked; who says a whole one instead means that."""
        if is_certain(self._home_words.interpret_text(" ".join(words))):
            return None
        texts = [
            " ".join(filter(None, (begun, joint, *words)))
            for begun, joint in product(_without_time(command), _JOINTS)
        ]
        # What might only be misheard is dear to find out, so it is asked of the first ways alone.
        for text in (*filter(self._home_words.is_command, texts), *texts[: len(_JOINTS)]):
            meant = self._home_words.interpret_text(text)
            same = meant.intent == command.intent or command.intent is None
            if same and is_certain(meant) and adds(meant, command):
                return meant
        return None


def _never_mind(words: Words) -> Interpretation:
    return Interpretation(" ".join(words), NEVER_MIND, confidence=1.0)


def _without_command(words: Words, asked: Interpretation) -> Words:
    """An answer without the words that the command that was asked about begins with.

    "Turn on the office one" says which lamp is to be turned on.
    """
    pairs = zip(words, asked.text.split(), strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return words[same:] or words


def _bare(words: Words) -> Words:
    """An answer without what stands for the thing: "seven thirty" of "the one at seven thirty"."""
    while len(words) > 1 and words[0] in _AROUND_TIME:
        words = words[1:]
    return words[:-1] if len(words) > 1 and words[-1] == "one" else words


def _without_time(meant: Interpretation) -> Iterator[str]:
    """The words of a command, also without the last ones where these say no clear time."""
    words = meant.text.split()
    for dropped in range(_MOST_OF_TIME + 1 if UNCLEAR in meant.slots else 1):
        yield " ".join(words[: len(words) - dropped])


def adds(meant: Interpretation, before: Interpretation) -> bool:
    """Whether a command says more than the one before, and nothing of that otherwise."""
    kept = {name: slot for name, slot in before.slots.items() if name != UNCLEAR}
    return dict(meant.slots) != dict(before.slots) and kept.items() <= meant.slots.items()


def about(meant: Interpretation, ids: tuple[str, ...], *, every: bool = False) -> Interpretation:
    """The same command about some of what it may have meant; `every`: for each of them."""
    plain = replace(meant, targets=ids, question="", alternatives=(), then=())
    if not every:
        return plain
    first, *further = (replace(plain, targets=(id_,)) for id_ in ids)
    return replace(first, then=tuple(further))
