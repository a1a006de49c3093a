"""All sentences that can be said to this home, as one network of words.

Templates are a recursive transition network: nodes with arcs of words, and arcs that call another
network, that of a list or of the home's names, and go on where it ends (Woods, "Transition network
grammars for natural language analysis", 1970). What has the same past is one state: states are
sets of places, made as somebody comes to them (the subset construction) and kept, so that the
sentences, of which there are billions, are never written out.

After a sentence there may be another one, joined by "and". Numbers, amounts and times of day are as
they are spoken. What may be any words is not in the network; sentences with it are heard without
its help.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import Final

from assistant.nlu.names import NameIndex, NameKind
from assistant.nlu.numbers import NUMBER_WORDS
from assistant.nlu.sentence_graph import LATER, Arc, Call, SentenceGraph, said
from assistant.nlu.spoken_amounts import Words, spoken_amounts

_NO_STACK: Final = 0
_SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "tv": ("television", "t v", "telly"),
    "ac": ("a c", "air conditioner"),
    "color": ("colour",),
    "gray": ("grey",),
    "todo": ("to do",),
}
"""Other ways to say or to write a template's word; understanding knows them."""

_JOINING: Final[tuple[Words, ...]] = (("and",), ("and", "then"), ("then",))
"""What joins two sentences."""

Place = int
"""A node, and in the last bits the stack of calls that it stands in; below 0 words to be said
before other places."""
_STACK_BITS: Final = 20
_STACK: Final = (1 << _STACK_BITS) - 1
_EXPANDED: Final = 64
"""States whose next words are known by heart."""
_NO_DIGIT: Final = "ten"
"""May be said where a number begins, but not as a part of one."""
_BEGUN: Final = 4
"""Places where all sentences begin, whose next words are."""
_READ: Final = 1024
"""Places some words after which are."""


@dataclass(frozen=True, slots=True)
class _Ways:
    """What comes next at a node: words and calls, and whether what it is part of may end."""

    words: tuple[tuple[str, int], ...]
    calls: tuple[tuple[Call, int], ...]
    ends: bool


@dataclass(frozen=True, slots=True)
class _State:
    """What comes next after some words: words, with the places they lead to."""

    words: Mapping[str, tuple[Place, ...]]
    ordered: tuple[str, ...]
    final: bool


def _state(words: Mapping[str, Iterable[Place]], *, final: bool) -> _State:
    return _State({word: tuple(to) for word, to in words.items()}, tuple(sorted(words)), final)


class SentenceNetwork:
    """Walks a graph of templates with the names of a home. Not for several threads at once.

    `calls` may be said before a sentence. `prior` says of a sentence without them how much likelier
    (natural log) it is than a usual one.
    """

    start = 0

    def __init__(
        self,
        graph: SentenceGraph,
        index: NameIndex,
        calls: Iterable[str] = (),
        prior: Callable[[str], float] = lambda _text: 0.0,
    ) -> None:
        self._graph = graph.arcs
        self._prior = prior
        self._more: list[list[Arc]] = []
        """Arcs of nodes that the graph lacks, numbered on."""
        self._calls = tuple(f"{said(call).strip()} " for call in calls)
        called = (Arc(call, graph.start) for call in self._calls)
        start = self._new(Arc("", graph.start), *called)
        self._ends = set(graph.ends)
        self._lists = dict(graph.lists)
        for call in graph.names:
            self._lists[call] = self._tree(_named(index, call))
        self._rests: dict[tuple[str, int], int] = {}
        self._alive = self._that_end()
        self._begin: Place = start << _STACK_BITS | _NO_STACK
        self._again: Place = graph.start << _STACK_BITS | _NO_STACK
        self._beginnings = frozenset({graph.start, self._lists[LATER]})
        """Nodes from which all sentences are walked."""
        self._ways = lru_cache(maxsize=None)(self._ways_at)
        self._plain = lru_cache(maxsize=_EXPANDED)(self._expanded)
        self._made = lru_cache(maxsize=_EXPANDED)(self._with_amounts)
        self._begun = lru_cache(maxsize=_BEGUN)(self._expanded)
        self._read = lru_cache(maxsize=_READ)(self._read_words)
        self.forget()

    def forget(self) -> None:
        """Forget all states but the first, which take room."""
        self._stacks: dict[frozenset[Place], int] = {frozenset(): _NO_STACK}
        self._returns: list[frozenset[Place]] = [frozenset()]
        self._numbers: dict[frozenset[Place], int] = {}
        self._places: list[frozenset[Place]] = []
        self._before_places: dict[tuple[Words, frozenset[Place]], Place] = {}
        self._unsaid: list[tuple[Words, frozenset[Place]]] = []
        self._plain.cache_clear()
        self._made.cache_clear()
        self._begun.cache_clear()
        self._read.cache_clear()
        self._numbered(frozenset({self._begin}))

    def words(self, state: int) -> tuple[str, ...]:
        """The words that can come next, in the order of their letters."""
        return self._made(state).ordered

    def step(self, state: int, word: str) -> int | None:
        """The state after one more word; None where no sentence goes on with it."""
        places = self._made(state).words.get(word)
        return None if places is None else self._numbered(frozenset(places))

    def final(self, state: int) -> bool:
        """Whether a sentence may end here."""
        return self._made(state).final

    def prior(self, text: str) -> float:
        """How much likelier (natural log) a sentence is than a usual one; 0: nothing is known."""
        call = next((call for call in self._calls if text.startswith(call)), "")
        return self._prior(text.removeprefix(call))

    def _numbered(self, places: frozenset[Place]) -> int:
        number = self._numbers.get(places)
        if number is None:
            number = self._numbers[places] = len(self._places)
            self._places.append(places)
        return number

    def _with_amounts(self, state: int) -> _State:
        """What comes next in a state, amounts that are said without numbers among it."""
        plain = self._plain(self._places[state])
        amounts: dict[str, set[Place]] = {}
        for first in spoken_amounts().keys() & plain.words.keys():
            if first in NUMBER_WORDS and _NO_DIGIT not in plain.words:
                continue  # a number goes on
            for amount, read in spoken_amounts()[first]:
                if to := self._read(plain.words[first], read[1:]):
                    amounts.setdefault(amount[0], set()).update(self._after_words(amount[1:], to))
        if not amounts:
            return plain
        both = {word: to.union(plain.words.get(word, ())) for word, to in amounts.items()}
        return _state({**plain.words, **both}, final=plain.final)

    def _read_words(self, places: tuple[Place, ...], words: Words) -> frozenset[Place]:
        """The places some words after others; none where they cannot be said."""
        for word in words:
            places = self._plain(frozenset(places)).words.get(word, ())
        return frozenset(places)

    def _after_words(self, words: Words, places: frozenset[Place]) -> frozenset[Place]:
        """The places before some words that lead to others."""
        if not words:
            return places
        place = self._before_places.get((words, places))
        if place is None:
            self._unsaid.append((words, places))
            place = self._before_places[words, places] = -len(self._unsaid)
        return frozenset({place})

    def _known(self, place: Place, *, alone: bool) -> Mapping[str, Iterable[Place]] | None:
        """The words at a place that need no walk: those still to be said, and all beginnings."""
        if place < 0:
            (first, *rest), to = self._unsaid[-place - 1]
            return {first: self._after_words(tuple(rest), to)}
        if place >> _STACK_BITS in self._beginnings and not alone:
            return self._begun(frozenset({place})).words
        return None

    def _expanded(self, places: frozenset[Place]) -> _State:
        """What comes next at some places, calls entered and left."""
        words: dict[str, set[Place]] = {}
        final = False
        todo, seen = list(places), set(places)
        while todo:
            calls: dict[Call, set[Place]] = {}
            while todo:
                place = todo.pop()
                if (known := self._known(place, alone=len(places) == 1)) is not None:
                    for word, to in known.items():
                        words.setdefault(word, set()).update(to)
                    continue
                stack = place & _STACK
                ways = self._ways(place >> _STACK_BITS)
                for word, target in ways.words:
                    words.setdefault(word, set()).add(target << _STACK_BITS | stack)
                for call, target in ways.calls:
                    calls.setdefault(call, set()).add(target << _STACK_BITS | stack)
                if ways.ends:
                    final |= stack == _NO_STACK
                    todo += self._returns[stack] - seen
                    seen |= self._returns[stack]
            todo = [
                self._lists[call] << _STACK_BITS | self._stack(back) for call, back in calls.items()
            ]
        if final:
            for first, *rest in _JOINING:
                again = frozenset({self._again})
                words.setdefault(first, set()).update(self._after_words(tuple(rest), again))
        return _state(words, final=final)

    def _stack(self, returns: Iterable[Place]) -> int:
        """The stack of calls that all go on at these places."""
        key = frozenset(returns)
        number = self._stacks.get(key)
        if number is None:
            number = self._stacks[key] = len(self._returns)
            self._returns.append(key)
        return number

    def _new(self, *arcs: Arc) -> int:
        self._more.append(list(arcs))
        return len(self._graph) + len(self._more) - 1

    def _tree(self, names: Iterable[str]) -> int:
        """The first node of a tree of names by their words."""
        first = self._new()
        known: dict[tuple[int, str], int] = {}
        for name in names:
            at = first
            for word in name.split():
                following = known.get((at, word))
                if following is None:
                    following = known[at, word] = self._new()
                    text = word if at == first else f" {word}"
                    self._more[at - len(self._graph)].append(Arc(text, following))
                at = following
            self._ends.add(at)
        return first

    def _arcs(self, node: int) -> list[Arc]:
        known = len(self._graph)
        return self._graph[node] if node < known else self._more[node - known]

    def _ways_at(self, node: int) -> _Ways:
        """What comes next at a node where a word has ended."""
        words: dict[tuple[str, int], None] = {}
        calls: dict[tuple[Call, int], None] = {}
        ends = False
        todo = [(node, "")]
        seen = set(todo)
        while todo:
            at, letters = todo.pop()
            arcs = [arc for arc in self._arcs(at) if self._alive[arc.target]]
            lists = [arc for arc in arcs if not isinstance(arc.label, str)]
            if letters and (at in self._ends or lists):
                words[letters, at] = None
            elif not letters:
                ends |= at in self._ends
                calls |= {(label, to): None for label, to in lists if not isinstance(label, str)}
            for arc in arcs:
                for word, target, over in self._letters(letters, arc):
                    if over:
                        words[word, target] = None
                    elif (target, word) not in seen:
                        seen.add((target, word))
                        todo.append((target, word))
        return _Ways(tuple(self._as_spoken(words)), tuple(calls), ends)

    def _letters(self, letters: str, arc: Arc) -> Iterator[tuple[str, int, bool]]:
        """A word, letters of which came before, after an arc's text; where it leads; if it ends."""
        if isinstance(arc.label, str):
            text = letters + arc.label if letters else arc.label.lstrip()
            word, space, rest = text.partition(" ")
            target = self._before(rest, arc.target) if space else arc.target
            yield intern(word), target, bool(space)

    def _before(self, text: str, target: int) -> int:
        """A node from which a text leads to a target."""
        if not text.strip():
            return target
        node = self._rests.get((text, target))
        if node is None:
            node = self._rests[text, target] = self._new(Arc(text, target))
            self._alive.append(1)
        return node

    def _as_spoken(self, words: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
        """The words, and other ways to say them."""
        for word, target in words:
            yield word, target
            for other in _SPELLINGS.get(word, ()):
                first, _, rest = other.partition(" ")
                yield first, self._before(rest and rest + " ", target)

    def _that_end(self) -> bytearray:
        """For each node, whether something can be said from it to its end."""
        before: dict[int, list[int]] = {}
        called: dict[int, list[tuple[int, int]]] = {}
        """By the first node of a list, where it is called and where it goes on."""
        waits: dict[tuple[int, int], int] = {}
        for node in range(len(self._graph) + len(self._more)):
            for label, target in self._arcs(node):
                before.setdefault(target, []).append(node)
                if not isinstance(label, str):
                    first = self._lists[label]
                    called.setdefault(first, []).append((node, target))
                    waits[node, target] = first
        alive = bytearray(len(self._graph) + len(self._more))
        todo = list(self._ends)
        while todo:
            node = todo.pop()
            if alive[node]:
                continue
            alive[node] = 1
            earlier = before.get(node, ())
            todo += [at for at in earlier if alive[waits.get((at, node), node)]]
            todo += [at for at, target in called.get(node, ()) if alive[target]]
        return alive


def _named(index: NameIndex, call: Call) -> Iterator[str]:
    """The names that a call may stand for, as they are spoken."""
    for text in index.by_kind.get(NameKind(call.name), {}):
        named = [each for each in index.entries[text] if each.kind == call.name]
        if call.domains is None or any(each.domain in call.domains for each in named):
            yield said(text)
