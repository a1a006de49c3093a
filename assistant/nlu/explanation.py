"""Why a text is understood as it is: the template it matches, or the one it came furthest in.

Templates are walked with the letters of the text, as in `prefix_matcher`, but one by one, and what
stands at the place where each fails is kept. That takes a second, so it is for people who ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

from hassil import (
    Expression,
    ListReference,
    RangeSlotList,
    TextSlotList,
)

from assistant.nlu.expressions import Traversal
from assistant.nlu.grammar import Grammar
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.inverse_text_normalisation import with_digits
from assistant.nlu.names import NameKind
from assistant.nlu.parse import Source
from assistant.nlu.sentence_parser import SentenceParser
from assistant.nlu.tokens import split_words, tokens_of, with_fillers, without_fillers

_EXPECTED = 6
_END = "the end"

Places = Mapping[int, int]
"""Places in the letters of a text, and how many of the letters before are words or names."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The template that a text matches or came furthest in."""

    matched: bool
    template: str = ""
    """As it is written."""
    intent: str | None = None
    file: str | None = None
    """Where it is written; None for those that Hearth brings."""
    line: int | None = None
    read_as: str = ""
    """The text without politeness, with digits, and with misheard words put right."""
    failed_at: str | None = None
    """The rest of the text, which the template does not fit; empty where it wants more."""
    expected: tuple[str, ...] = ()
    """What could have stood there."""
    message: str = ""

    def plain(self) -> dict[str, Any]:
        """Plain values, as for JSON."""
        return asdict(self)


def explain(
    text: str, meant: Interpretation, parser: SentenceParser, grammar: Grammar
) -> dict[str, Any]:
    """Why a text is `meant` so; `own` explains the user's nearest where another one matched."""
    readings = [each for each in parser.parse(text) if each.intent == meant.intent]
    if not readings:
        return _furthest(text, parser, grammar).plain()
    best = next((each for each in readings if each.targets == meant.targets), readings[0])
    told = _told(best.intent, best.source, best.text)
    where = f" ({best.source.file}, line {best.source.line})" if best.source.file else ""
    message = f"it matches '{best.source.sentence}'{where}"
    if best.text != " ".join(without_fillers(split_words(text))):
        message += f", read as '{best.text}'"
    found = Explanation(matched=True, **told, message=message).plain()
    if not best.source.file and grammar.own_words:
        found["own"] = _furthest(text, parser, grammar, own=True).plain()
    return found


def _told(intent: str, source: Source, read: str) -> dict[str, Any]:
    return {
        "intent": intent,
        "template": source.sentence,
        "file": source.file or None,
        "line": source.line or None,
        "read_as": read,
    }


def _furthest(
    text: str, parser: SentenceParser, grammar: Grammar, *, own: bool = False
) -> Explanation:
    """What came furthest of all templates, or of the user's own, and why it fails."""
    said = split_words(text)
    wordings = [*with_fillers(said, grammar.own_words), without_fillers(said)]
    found: list[tuple[tuple[int, bool, int], Explanation]] = []
    for words in wordings:
        tokens = [token.text for token in with_digits(tokens_of(words))]
        matching = {parse.source for parse in grammar.parse(" ".join(tokens), parser.index)}
        for template in grammar.templates:
            if own and not template.source.file:
                continue
            walk = _Walk(tokens, parser, grammar)
            ended = walk.along(template.expression)
            rank = (walk.score, bool(template.source.file), walk.place)
            told = _told(template.intent, template.source, " ".join(tokens))
            failure = walk.failure(ended, template.source in matching)
            found.append((rank, Explanation(matched=False, **told, **failure)))
    rank, best = max(found, key=lambda each: each[0], default=((0, False, 0), Explanation(False)))
    if rank[0] and (own or best.failed_at != best.read_as):
        return best
    return Explanation(matched=False, read_as=best.read_as, message="no sentence begins like this")


class _Walk(Traversal[Places]):
    """One text along one template."""

    def __init__(self, words: Sequence[str], parser: SentenceParser, grammar: Grammar) -> None:
        super().__init__(grammar.rules)
        self.score = 0
        """The most letters of words and names that the text shares with the template."""
        self.place = 0
        """Where in the letters that is."""
        self._words, self._names, self._lists = words, parser.index.by_kind, grammar.lists
        self._text = "".join(words)
        self._expected: dict[int, dict[str, None]] = {}

    def along(self, expression: Expression) -> bool:
        """Walk a template; whether all of the text fits all of it."""
        ends = self.after(expression, {0: 0})
        for end in ends:
            self._want(end, _END)
        return len(self._text) in ends

    def failure(self, ended: bool, matching: bool) -> dict[str, Any]:
        """Why the template is not what the text means."""
        if ended:
            why = "the home has not what it names together"
            if not matching:
                why = "its requires_context or excludes_context does not hold"
            return {"failed_at": "", "message": f"its words fit, but {why}"}
        expected = tuple(self._expected.get(self.place, {}))[:_EXPECTED]
        bounds = [0, *accumulate(map(len, self._words))]
        at = max((n for n, bound in enumerate(bounds) if bound <= self.place), default=0)
        before, rest = " ".join(self._words[:at]), " ".join(self._words[at:])
        wanted = (
            f"it wants {' or '.join(map(_quoted, expected))}" if expected else "it fits no more"
        )
        there = f"'{rest}' stands there" if rest else "the text ends there"
        fits = f"it fits up to '{before}'; then" if before else "from its first word on"
        message = f"{fits} {wanted}, and {there}"
        return {"failed_at": rest, "expected": expected, "message": message}

    def words(self, text: str, value: Places) -> Places:
        for word in text.lower().split():
            value = self._literal(word, value)
        return value

    def listed(self, reference: ListReference, value: Places) -> Places:
        """The places after a value of a list; what is anything counts no letters."""
        name = reference.list_name
        found: dict[int, int] = {}
        for at, score in value.items():
            ends = dict(self._values(name, at, score))
            _keep(found, ends.items())
            if not ends:
                self._want(at, f"{{{name.split('.', maxsplit=1)[0]}}}")
        return found

    def joined(self, values: Iterable[Places]) -> Places:
        found: dict[int, int] = {}
        for places in values:
            _keep(found, places.items())
        return found

    def _literal(self, word: str, places: Places) -> Places:
        found: dict[int, int] = {}
        for at, score in places.items():
            if self._text.startswith(word, at):
                _keep(found, [(self._reached(at + len(word), score + len(word)))])
            else:
                self._want(at, word)
        return found

    def _values(self, name: str, at: int, score: int) -> Iterator[tuple[int, int]]:
        values = self._lists.get(name)
        if name in set(NameKind):
            for each in self._names.get(NameKind(name), ()):
                letters = each.replace(" ", "")
                if self._text.startswith(letters, at):
                    yield self._reached(at + len(letters), score + len(letters))
        elif isinstance(values, TextSlotList):
            expected, self._expected = self._expected, {}  # the list is, not each of its values
            for value in values.values:
                yield from self.after(value.text_in, {at: score}).items()
            self._expected = expected
        elif values is None or isinstance(values, RangeSlotList):
            rest = self._text[at:]
            digits = len(rest) - len(rest.lstrip("0123456789."))
            if digits:
                yield self._reached(at + digits, score + digits)
        else:
            bounds = accumulate(map(len, self._words))
            yield from ((bound, score) for bound in bounds if bound > at)

    def _reached(self, place: int, score: int) -> tuple[int, int]:
        self.score, self.place = max((self.score, self.place), (score, place))
        return place, score

    def _want(self, place: int, what: str) -> None:
        self._expected.setdefault(place, {})[what] = None


def _quoted(what: str) -> str:
    """A word as it is to be said; names of lists, in braces, and "the end" as they are."""
    return what if what.startswith("{") or what == _END else f"'{what}'"


def _keep(found: dict[int, int], more: Iterable[tuple[int, int]]) -> None:
    """Add places, each with its highest score."""
    for place, score in more:
        found[place] = max(score, found.get(place, 0))
