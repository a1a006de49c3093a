"""What stands for a thing in a list: "the one in the kitchen", "another for ten", "two alarms"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.nlu.clauses import ARTICLES, Words
from assistant.nlu.names import GENERIC_NAMES
from assistant.nlu.numbers import number_words
from assistant.nlu.spoken_digits import has_digits

ONES = frozenset({"one", "ones"})
_ONE_MORE: tuple[Words, ...] = (
    ("another", "one"),
    ("another",),
    ("the", "one"),
    ("the", "ones"),
    ("one",),
)
"""What may stand for words of the command before: "another one for ten minutes"."""
_SET = frozenset({"alarm", "timer"})
_SET_IN_PLURAL = frozenset({"alarms", "timers"})
_A = frozenset({"a", "an"})


def ways_to_complete(items: Sequence[Words]) -> Iterator[tuple[Words, list[Words]]]:
    """The first of some items and the others, with what stands for a thing left out or filled in.

    "Set two timers, one for five minutes and one for ten" is the first timer, and another.
    """
    first, *others = items
    fewer = list(map(_without_one_more, others))
    yield first, fewer
    things = _with_things(first, others)
    if things != others:
        yield first, things
    if one := _of_one(first, len(items)):
        yield one, fewer
    if others[1:] and (one := _of_one(first, len(others))):
        yield (*one, *fewer[0]), fewer[1:]


def kind_in(words: Words) -> str:
    """The last word for a kind of thing among some words; empty if there is none."""
    return next((word for word in reversed(words) if word in GENERIC_NAMES), "")


def _with_things(first: Words, others: Sequence[Words]) -> list[Words]:
    """The other items with what "the one in the kitchen" and "one for ten minutes" stand for."""
    kind, named = kind_in(first), _set_in(first)
    return [_with_thing(each, ("the", kind) if kind else (), named) for each in others]


def _with_thing(words: Words, the_one: Words, another: Words) -> Words:
    if the_one and words[:1] == ("the",) and not ONES.isdisjoint(words[1:2]):
        return (*the_one, *words[2:])
    fewer = _without_one_more(words)
    return (*another, *fewer) if another and fewer != words else words


def _set_in(words: Words) -> Words:
    """What is set, with its name: "an egg timer"; nothing where it has none."""
    at = next((at for at, word in enumerate(words) if word in _SET), 0)
    begin = next((at for at, word in enumerate(words[:at]) if word in _A), at)
    return words[begin : at + 1] if at - begin > 1 else ()


def _of_one(words: Words, count: int) -> Words:
    """The words about one of the things that are set: "set two alarms" is "set an alarm".

    None where there are no such things, or another number of them than `count`.
    """
    at = next((at for at, word in enumerate(words) if word in _SET_IN_PLURAL), 0)
    if not at:
        return ()
    before, kind = words[:at], words[at].removesuffix("s")
    if before[-1:] != (number_words(count),) and has_digits(before):
        return ()
    if has_digits(before):
        before = before[:-1]
    article = () if before[-1] in ARTICLES else ("a",)
    return (*before, *article, kind, *words[at + 1 :])


def _without_one_more(words: Words) -> Words:
    for phrase in _ONE_MORE:
        if words[: len(phrase)] == phrase and len(words) > len(phrase):
            return words[len(phrase) :]
    return words
