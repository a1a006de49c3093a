"""Whether words are the beginning of a command: of some sentence that a template allows.

"Set the kitchen" is one, "make me a sandwich" is none, so there is nothing to wait for.

Templates are walked with the letters of the words, spaces left out on both sides, as a set of
places in the text at a time (Thompson, "Regular expression search algorithm", 1968). Wherever the
text is used up, it is a beginning. With `turn (on|off) [the] {name}` and a home that has a "kitchen
light", "turn off the kit" goes

    turnoffthekit   {0}   before `turn`
                    {4}   after it; `on` does not stand there
                    {7}   after `off`
                    {7, 10}   after `[the]`, said or not
                    from 10 `kitchenlight` agrees up to the end, 13: used up, so it is a beginning.

"Turn off the sink" stops at 10: no name of this home begins so.

What may be anything has a few words at most, and at the front of a sentence, where a command stands
that is to be carried out later, it has to begin as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import accumulate

from hassil import (
    Expression,
    ListReference,
    Sentence,
    SlotList,
    TextSlotList,
)
from hassil.intents import WildcardSlotList
from rapidfuzz.distance import Prefix

from assistant.nlu.expressions import Traversal

_FREE_WORDS = 4
"""A wildcard, such as the name of a timer, rarely has more words than this."""

_FIRST_WORDS = 256
"""First words of which it is kept which templates begin with them."""
_NOTHING = "\0"
"""A word that only what may be anything can be."""

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
        # Many commands begin alike, so most templates need not be walked.
        self._beginning = lru_cache(_FIRST_WORDS)(self._first_word)

    def matches(self, words: Sequence[str], names: Mapping[str, Iterable[str]]) -> bool:
        """Whether a command may begin with the words, whose numbers are digits.

        `names` are those of the home by the list that stands for them.
        """
        walk = _Walk(words, names, self._rules, self._lists)
        beginning = self._beginning("".join(words[:1]), frozenset(names))
        return walk.ends(beginning) or walk.led().ends(self._open)

    @cached_property
    def _open(self) -> tuple[Expression, ...]:
        """The templates in which what may be anything can stand first."""
        return self._that_end(lambda: _Walk((_NOTHING,), {}, self._rules, self._lists, led=1))

    def _first_word(self, word: str, names: frozenset[str]) -> tuple[Expression, ...]:
        """The templates that may begin with a word, whatever is called by the lists of `names`."""
        of_names: Mapping[str, Iterable[str]] = dict.fromkeys(names, ())
        return self._that_end(lambda: _FirstWord((word,), of_names, self._rules, self._lists))

    def _that_end(self, walk: Callable[[], _Walk]) -> tuple[Expression, ...]:
        """The templates on which such a walk ends, each by itself."""
        return tuple(sentence for sentence in self._sentences if walk().ends([sentence]))


class _Walk(Traversal[Places]):
    """One text along templates. What a rule or a list takes from a place on is found once."""

    def __init__(
        self,
        words: Sequence[str],
        names: Mapping[str, Iterable[str]],
        rules: Mapping[str, Sentence],
        lists: Mapping[str, SlotList],
        led: int = 0,
    ) -> None:
        super().__init__(rules)
        self._words, self._led = words, led
        self._text = "".join(words)
        self._bounds = [0, *accumulate(map(len, words))]
        self._names, self._lists = names, lists
        self._known: dict[tuple[str, int], Places] = {}
        self._farthest = 0

    @property
    def _ended(self) -> bool:
        return self._farthest == len(self._text)

    def ends(self, sentences: Iterable[Expression]) -> bool:
        """Whether all of the text can be used up on the way through some sentence."""
        for sentence in sentences:
            self.after(sentence, frozenset({0}))
            if self._ended:
                break
        return self._ended

    def led(self) -> _Walk:
        """Another one, in which what may be anything can stand first, as far as this one came."""
        came = sum(bound <= self._farthest for bound in self._bounds) - 1
        return _Walk(self._words, self._names, self._rules, self._lists, came)

    def after(self, expression: Expression, value: Places) -> Places:
        """The places in the text after an expression that begins at some places."""
        return super().after(expression, value) if value and not self._ended else _NOWHERE

    def words(self, text: str, value: Places) -> Places:
        letters = "".join(text.lower().split())
        return frozenset(end for at in value for end in self._literal(letters, at))

    def listed(self, reference: ListReference, value: Places) -> Places:
        return self.joined(self._listed(reference.list_name, at) for at in value)

    def rule(self, name: str, value: Places) -> Places:
        """From one place after another, each only once."""
        return self.joined(self._rule(name, at) for at in value)

    def _rule(self, name: str, at: int) -> Places:
        key = f"<{name}>", at
        if key not in self._known:
            self._known[key] = super().rule(name, frozenset({at}))
        return self._known[key]

    def joined(self, values: Iterable[Places]) -> Places:
        return _NOWHERE.union(*values)

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
                yield from self.after(value.text_in, frozenset({at}))
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


class _FirstWord(_Walk):
    """A word along templates, in a home of which nobody knows yet how anything is called."""

    def _values(self, name: str, at: int) -> Iterator[int]:
        if name in self._names:
            yield len(self._text)
        else:
            yield from super()._values(name, at)
