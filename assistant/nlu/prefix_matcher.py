"""Whether words are the beginning of a command: of some sentence that a template allows.

"Set the kitchen" is one, "make me a sandwich" is none, so there is nothing to wait for.

Templates are walked with the letters of the words, spaces left out on both sides, as a set of
places in the text at a time (Thompson, "Regular expression search algorithm", 1968). Wherever the
text is used up, it is a beginning. What may be anything has a few words at most, and at the front
of a sentence, where a command stands that is to be carried out later, it has to begin as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, permutations

from hassil import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    Sentence,
    SlotList,
    TextChunk,
    TextSlotList,
)
from hassil.intents import WildcardSlotList
from rapidfuzz.distance import Prefix

_FREE_WORDS = 4
"""A wildcard, such as the name of a timer, rarely has more words than this."""
_ORDERED = 3
"""Of a permutation with more items only the written order is looked at."""

Places = frozenset[int]
_NOWHERE: Places = frozenset()


class PrefixMatcher:
    """The templates of a grammar."""

    def __init__(
        self,
        sentences: Iterable[Expression],
        rules: Mapping[str, Sentence],
        lists: Mapping[str, SlotList],
    ) -> None:
        self._sentences, self._rules, self._lists = tuple(sentences), rules, lists

    def matches(self, words: Sequence[str], names: Mapping[str, Iterable[str]]) -> bool:
        """Whether a command may begin with the words, whose numbers are digits.

        `names` are those of the home by the list that stands for them.
        """
        walk = _Walk(words, names, self._rules, self._lists)
        return walk.ends(self._sentences) or walk.led().ends(self._sentences)


class _Walk:
    """One text along templates. What a rule or a list takes from a place on is found once."""

    def __init__(
        self,
        words: Sequence[str],
        names: Mapping[str, Iterable[str]],
        rules: Mapping[str, Sentence],
        lists: Mapping[str, SlotList],
        led: int = 0,
    ) -> None:
        self._words, self._led = words, led
        self._text = "".join(words)
        self._bounds = [0, *accumulate(map(len, words))]
        self._names, self._rules, self._lists = names, rules, lists
        self._known: dict[tuple[str, int], Places] = {}
        self._farthest = 0

    @property
    def _ended(self) -> bool:
        return self._farthest == len(self._text)

    def ends(self, sentences: Iterable[Expression]) -> bool:
        """Whether all of the text can be used up on the way through some sentence."""
        for sentence in sentences:
            self._after(sentence, frozenset({0}))
            if self._ended:
                break
        return self._ended

    def led(self) -> _Walk:
        """Another one, in which what may be anything can stand first, as far as this one came."""
        came = sum(bound <= self._farthest for bound in self._bounds) - 1
        return _Walk(self._words, self._names, self._rules, self._lists, came)

    def _after(self, expression: Expression, places: Places) -> Places:
        """The places in the text after an expression that begins at some places."""
        if not places or self._ended:
            return _NOWHERE
        if isinstance(expression, TextChunk):
            letters = "".join(expression.text.lower().split())
            return frozenset(end for at in places for end in self._literal(letters, at))
        if isinstance(expression, RuleReference):
            name = expression.rule_name
            return self._each(f"<{name}>", self._rules[name].expression, places)
        if isinstance(expression, ListReference):
            ends = (self._listed(expression.list_name, at) for at in places)
            return _NOWHERE.union(*ends)
        return _NOWHERE.union(*(self._in_turn(items, places) for items in _ways(expression)))

    def _each(self, label: str, expression: Expression, places: Places) -> Places:
        """As `_after`, from one place after another, each only once."""
        found = _NOWHERE
        for at in places:
            known = self._known.get((label, at))
            if known is None:
                known = self._known[label, at] = self._after(expression, frozenset({at}))
            found |= known
        return found

    def _in_turn(self, items: Iterable[Expression], places: Places) -> Places:
        for item in items:
            places = self._after(item, places)
        return places

    def _literal(self, letters: str, at: int) -> Iterator[int]:
        """The place after some letters, where they stand at a place."""
        if self._text.startswith(letters, at):
            yield self._reached(at + len(letters))
        else:
            self._reached(at + Prefix.similarity(letters, self._text[at:]))

    def _listed(self, name: str, at: int) -> Places:
        """The places after a value of a list."""
        key = f"{{{name}}}", at
        if key not in self._known:
            self._known[key] = frozenset(map(self._reached, self._values(name, at)))
        return self._known[key]

    def _values(self, name: str, at: int) -> Iterator[int]:
        values = self._lists.get(name)
        if name in self._names:
            for each in self._names[name]:
                yield from self._literal(each.replace(" ", ""), at)
        elif isinstance(values, TextSlotList):
            for value in values.values:
                yield from self._after(value.text_in, frozenset({at}))
        elif isinstance(values, WildcardSlotList):
            later = [bound for bound in self._bounds if bound > at]
            yield from later[: _FREE_WORDS if at else self._led]
        else:
            number = self._text[at:]
            digits = len(number) - len(number.lstrip("0123456789."))
            yield from (at + digits,) if digits else ()

    def _reached(self, place: int) -> int:
        self._farthest = max(self._farthest, place)
        return place


def _ways(expression: Expression) -> Iterable[Sequence[Expression]]:
    """The ways to take what an expression consists of, each a sequence."""
    if isinstance(expression, Permutation) and len(expression.items) <= _ORDERED:
        return permutations(expression.items)
    if isinstance(expression, Alternative):
        return [(item,) for item in expression.items]
    return [expression.items] if isinstance(expression, Group) else [()]
