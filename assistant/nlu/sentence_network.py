"""All sentences that can be said to this home, as one network of words.

Templates are a recursive transition network: nodes with arcs of words, and arcs that call another
network, that of a list or of the home's names, and go on where it ends (Woods, "Transition network
grammars for natural language analysis", 1970). What has the same past is one state: states are
sets of places, made as somebody comes to them (the subset construction) and kept, so that the
sentences, of which there are billions, are never written out.

After a sentence there may be another one, joined by "and". Numbers, amounts and times of day are as
they are spoken. What may be any words is not in the network; sentences with it are heard without
its help, and their other words are counted (`shares`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from sys import intern
from typing import Final

from assistant.nlu.names import NameIndex, NameKind
from assistant.nlu.numbers import NUMBER_WORDS
from assistant.nlu.sentence_automaton import spellings
from assistant.nlu.sentence_graph import Arc, Call, SentenceGraph, said
from assistant.nlu.spoken_amounts import Words, spoken_amounts

_NO_STACK: Final = 0
JOINING: Final[tuple[Words, ...]] = (("and",), ("and", "then"), ("then",))
"""What joins two sentences."""
_SEVERAL: Final = frozenset(NameKind) - {NameKind.CONTACT}
"""Names of which two may be said, joined by "and"."""

Place = int
"""A node, and in the last bits the stack of calls that it stands in; below 0 words to be said
before other places."""
_STACK_BITS: Final = 20
_STACK: Final = (1 << _STACK_BITS) - 1
_MANY: Final = 32
"""A node with more words keeps them to itself."""
_EXPANDED: Final = 256
"""States whose next words are known by heart."""
_NO_DIGIT: Final = "ten"
"""May be said where a number begins, but not as a part of one."""
_READ: Final = 1024
"""Places some words after which are."""
_NAMES: Final = 16_384
"""Names whose words are kept: when one changes, the others have not."""
_GRAPHS: Final = 2
"""Graphs of which it is kept what can be said to an end."""


@dataclass(frozen=True, slots=True)
class _Ways:
    """What comes next at a node: words and calls, and whether what it is part of may end."""

    words: Mapping[str, tuple[int, ...]]
    ordered: tuple[str, ...]
    calls: tuple[tuple[Call, int], ...]
    ends: bool


@dataclass(frozen=True, slots=True)
class _State:
    """What comes next after some words: words, with the places they lead to.

    The many words of a node, such as all that names begin with, stay where they are: from a home's
    names many states go on.
    """

    words: Mapping[str, Iterable[Place]]
    many: tuple[tuple[_Ways, int], ...]
    """Nodes of many words, and the stacks that they stand in."""
    ordered: tuple[tuple[str, ...], ...]
    """All words, those of each node of many apart."""
    final: bool

    @classmethod
    def of(
        cls,
        words: Mapping[str, Iterable[Place]],
        many: tuple[tuple[_Ways, int], ...],
        *,
        final: bool,
    ) -> _State:
        ordered = tuple(sorted(words)), *(ways.ordered for ways, _ in many)
        return cls(words, many, ordered, final)

    def __contains__(self, word: str) -> bool:
        return word in self.words or any(word in ways.words for ways, _ in self.many)

    def places(self, word: str) -> frozenset[Place]:
        """Where a word leads, if anywhere."""
        return frozenset(self.words.get(word, ())).union(
            target << _STACK_BITS | stack
            for ways, stack in self.many
            for target in ways.words.get(word, ())
        )


class SentenceNetwork:
    """Walks a graph of templates with the names of a home. Not for several threads at once.

    `calls` may be said before a sentence. Of a text without them `prior` says how much likelier
    (natural log) it is than a usual sentence, and `shares` how many of its words
    are the home's own and how many may be any.
    """

    start = 0

    def __init__(
        self,
        graph: SentenceGraph,
        index: NameIndex,
        calls: Iterable[str] = (),
        prior: Callable[[str], float] = lambda _text: 0.0,
        shares: Callable[[str], tuple[int, int]] = lambda _text: (0, 0),
    ) -> None:
        self._graph = graph.arcs
        self._prior, self._shares = prior, shares
        self._more: list[list[Arc]] = []
        """Arcs of nodes that the graph lacks, numbered on."""
        self._ends = set(graph.ends)
        self._lists = dict(graph.lists)
        """The first node of each list, and of names that somebody came to."""
        self._names = _names(index, graph.names)
        self._trees: dict[frozenset[str], int] = {}
        self._calls = tuple(f"{said(call).strip()} " for call in calls)
        called = self._new()
        for call in self._calls:
            *before, last = call.split()
            self._more[self._path({}, called, before) - len(self._graph)].append(
                Arc(last, graph.start)
            )
        named = frozenset(call for call, names in self._names.items() if names)
        self._alive = _that_end(graph, named)
        self._again: Place = graph.start << _STACK_BITS | _NO_STACK
        self._begin = frozenset({self._again, called << _STACK_BITS | _NO_STACK})
        self._ways = lru_cache(maxsize=None)(self._ways_at)
        self._plain = lru_cache(maxsize=_EXPANDED)(self._expanded)
        self._made = lru_cache(maxsize=_EXPANDED)(self._with_amounts)
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
        self._read.cache_clear()
        self._numbered(self._begin)

    def words(self, state: int) -> tuple[tuple[str, ...], ...]:
        """The words that can come next, in tuples, each in the order of their letters."""
        return self._made(state).ordered

    def step(self, state: int, word: str) -> int | None:
        """The state after one more word; None where no sentence goes on with it."""
        places = self._made(state).places(word)
        return self._numbered(places) if places else None

    def final(self, state: int) -> bool:
        """Whether a sentence may end here."""
        return self._made(state).final

    def prior(self, text: str) -> float:
        """How much likelier (natural log) a sentence is than a usual one; 0: nothing is known."""
        return self._prior(text.removeprefix(self._call(text)))

    def shares(self, text: str) -> tuple[int, int]:
        """How many words of a sentence are the home's own, and how many may be any."""
        call = self._call(text)
        own, free = self._shares(text.removeprefix(call))
        return own and own + len(call.split()), free

    def _call(self, text: str) -> str:
        """The call that a text begins with, a space after it."""
        return next((call for call in self._calls if text.startswith(call)), "")

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
        for first, spoken in spoken_amounts().items():
            if first not in plain or (first in NUMBER_WORDS and _NO_DIGIT not in plain):
                continue  # nothing, or a number, goes on
            places = plain.places(first)
            for amount, read in spoken:
                if to := self._read(places, read[1:]):
                    amounts.setdefault(amount[0], set()).update(self._after_words(amount[1:], to))
        if not amounts:
            return plain
        both = {word: to.union(plain.words.get(word, ())) for word, to in amounts.items()}
        return _State.of({**plain.words, **both}, plain.many, final=plain.final)

    def _read_words(self, places: frozenset[Place], words: Words) -> frozenset[Place]:
        """The places some words after others; none where they cannot be said."""
        for word in words:
            places = self._plain(places).places(word)
        return places

    def _after_words(self, words: Words, places: frozenset[Place]) -> frozenset[Place]:
        """The places before some words that lead to others."""
        if not words:
            return places
        place = self._before_places.get((words, places))
        if place is None:
            self._unsaid.append((words, places))
            place = self._before_places[words, places] = -len(self._unsaid)
        return frozenset({place})

    def _expanded(self, places: frozenset[Place]) -> _State:
        """What comes next at some places, calls entered and left."""
        words: dict[str, set[Place]] = {}
        many: list[tuple[_Ways, int]] = []
        final = False
        todo, seen = list(places), set(places)
        while todo:
            calls: dict[Call, set[Place]] = {}
            while todo:
                place = todo.pop()
                if place < 0:
                    (first, *rest), then = self._unsaid[-place - 1]
                    words.setdefault(first, set()).update(self._after_words(tuple(rest), then))
                    continue
                stack = place & _STACK
                ways = self._ways(place >> _STACK_BITS)
                if len(ways.words) > _MANY:
                    many.append((ways, stack))
                else:
                    for word, targets in ways.words.items():
                        words.setdefault(word, set()).update(
                            [target << _STACK_BITS | stack for target in targets]
                        )
                for call, target in ways.calls:
                    calls.setdefault(call, set()).add(target << _STACK_BITS | stack)
                if ways.ends:
                    final |= stack == _NO_STACK
                    todo += self._returns[stack] - seen
                    seen |= self._returns[stack]
            todo = [
                self._first(call) << _STACK_BITS | self._stack(back) for call, back in calls.items()
            ]
        if final:
            for first, *rest in JOINING:
                again = frozenset({self._again})
                words.setdefault(first, set()).update(self._after_words(tuple(rest), again))
        return _State.of(words, tuple(many), final=final)

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

    def _first(self, call: Call) -> int:
        """The first node of what a call stands for."""
        first = self._lists.get(call)
        if first is None:
            names = self._names[call]
            if names not in self._trees:
                self._trees[names] = self._tree(names, several=call.name in _SEVERAL)
            first = self._lists[call] = self._trees[names]
        return first

    def _tree(self, names: Iterable[str], *, several: bool) -> int:
        """The first node of a tree of names by their words, of which several may be said."""
        first = self._new()
        known: dict[tuple[int, str], int] = {}
        ends = {self._path(known, first, words) for name in names for words in _ways_to_say(name)}
        self._ends |= ends
        if several:
            another = self._new(Arc("the", first), *self._arcs(first))
            for end in ends:
                self._more[end - len(self._graph)].append(Arc("and", another))
        return first

    def _path(self, known: dict[tuple[int, str], int], node: int, words: Iterable[str]) -> int:
        """The node after some words from another, in a tree of which some nodes are known."""
        for word in words:
            following = known.get((node, word))
            if following is None:
                following = known[node, word] = self._new()
                self._more[node - len(self._graph)].append(Arc(word, following))
            node = following
        return node

    def _arcs(self, node: int) -> Sequence[Arc]:
        known = len(self._graph)
        return self._graph[node] if node < known else self._more[node - known]

    def _ways_at(self, node: int) -> _Ways:
        """What comes next at a node, of which something leads to an end."""
        known = len(self._graph)
        arcs = [arc for arc in self._arcs(node) if arc.target >= known or self._alive[arc.target]]
        words: dict[str, tuple[int, ...]] = {}
        for label, target in arcs:
            if isinstance(label, str):
                words[label] = (*words.get(label, ()), target)
        return _Ways(
            words,
            tuple(sorted(words)),
            tuple((label, target) for label, target in arcs if isinstance(label, Call)),
            node in self._ends,
        )


@lru_cache(maxsize=_GRAPHS)
def _that_end(graph: SentenceGraph, named: frozenset[Call]) -> bytes:
    """For each node of a graph, whether something can be said from it to its end (1 or 0).

    For `named` there are names.
    """
    before: dict[int, list[tuple[int, int | None]]] = {}
    """By where arcs lead: where from, and the first node of the list that they call, if any."""
    called: dict[int, list[tuple[int, int]]] = {}
    """By the first node of a list: where it is called, and where it goes on."""
    for node, arcs in enumerate(graph.arcs):
        for label, target in arcs:
            first = graph.lists.get(label) if isinstance(label, Call) else None
            if first is not None:
                called.setdefault(first, []).append((node, target))
            if isinstance(label, str) or first is not None or label in named:
                before.setdefault(target, []).append((node, first))
    alive = bytearray(len(graph.arcs))
    todo = list(graph.ends)
    while todo:
        node = todo.pop()
        if alive[node]:
            continue
        alive[node] = 1
        earlier = before.get(node, ())
        todo += [at for at, first in earlier if first is None or alive[first]]
        todo += [at for at, target in called.get(node, ()) if alive[target]]
    return bytes(alive)


@lru_cache(maxsize=_NAMES)
def _ways_to_say(name: str) -> tuple[tuple[str, ...], ...]:
    """The words of a name, in all their spellings."""
    ways = product(*map(spellings, said(name).split()))
    return tuple(tuple(map(intern, " ".join(words).split())) for words in ways)


def _names(index: NameIndex, calls: Iterable[Call]) -> Mapping[Call, frozenset[str]]:
    """The names that each call may stand for."""
    found: dict[tuple[str, str], set[str]] = {}
    for text, entries in index.entries.items():
        for each in entries:
            found.setdefault((each.kind, each.domain), set()).add(text)
    return {
        call: frozenset[str]().union(
            *(
                texts
                for (kind, domain), texts in found.items()
                if kind == call.name and (call.domains is None or domain in call.domains)
            )
        )
        for call in calls
    }
