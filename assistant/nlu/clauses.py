"""How a sentence of several commands is put together: its segments, exceptions and corrections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.nlu.numbers import is_within_number
from assistant.nlu.tokens import AT_ONCE

Words = tuple[str, ...]

_PIECES = re.compile(r"[,;](?!\d)|[^\s,;]+(?:[,;](?=\d)[^\s,;]+)*")
_STOP = re.compile(r"(?<=[a-z0-9%\u00b0])[.!?]+$")
_AND = re.compile(r"\bas well as\b|\s&\s")
_BOTH = re.compile(r"\bboth (?=(the|my|our)\b.*\band\b)")
_TOO = (("too",), ("as", "well"))
"""What may follow a segment that was joined."""
_NOW = tuple(tuple(phrase.split()) for phrase in AT_ONCE)
_NOT_NOW = (("from",), ("for",))
"""What makes another thing of it: "ten minutes from now", and "for now", which says nothing."""
ARTICLES = frozenset({"the", "my", "our"})
_BEFORE_ARTICLE = ARTICLES | {
    *("turn", "switch", "set", "on", "off", "in", "at", "of", "to", "from", "for", "by", "with"),
    *("all", "both", "up", "down", "out", "open", "close", "lock", "unlock", "dim", "make", "and"),
}
"""Words after which an article goes on with what they begin."""
_ABBREVIATED = frozenset({"mr.", "mrs.", "dr.", "no.", "st."})
_JOINING = frozenset({"and", "then", "also", "plus", ",", ";", "."})
_SEQUENCE = frozenset({"then", "."})
_EXCEPTING: tuple[Words, ...] = (
    ("except", "for"),
    ("except",),
    ("apart", "from"),
    ("aside", "from"),
    ("other", "than"),
    ("excluding",),
    ("but", "not"),
    ("but",),
)
_CORRECTING: tuple[Words, ...] = (
    ("no", "wait"),
    ("wait", "no"),
    ("no", "sorry"),
    ("sorry", "no"),
    ("no", "i", "mean"),
    ("no", "i", "meant"),
    ("no", "no"),
    ("no", "make", "that"),
    ("i", "mean"),
    ("i", "meant"),
    ("or", "rather"),
    ("make", "that"),
    ("no",),
    ("wait",),
    ("sorry",),
    ("actually",),
)
PRONOUNS = frozenset({"it", "its", "that", "this", "them", "their", "those", "these", "both"})
SEVERAL = frozenset({"them", "their", "those", "these", "both"})
VERBS = frozenset(
    {
        *("turn", "switch", "set", "make", "put", "open", "close", "shut", "lock", "unlock", "dim"),
        *("play", "stop", "start", "call", "add", "remove", "cancel", "tell", "what", "is", "are"),
    }
)
"""Words that begin a command, so no item of a list does."""
_MARKING = frozenset({first for first, *_ in (*_EXCEPTING, *_CORRECTING)} | _JOINING | PRONOUNS)


@dataclass(frozen=True, slots=True)
class Segment:
    """What stands between joining words."""

    words: Words
    joined_by: Words = ()
    """The joining words before it, commas left out."""

    @property
    def in_sequence(self) -> bool:
        """Whether it is to come after the segment before it."""
        return bool(_SEQUENCE & set(self.joined_by))


def says_now(words: Sequence[str]) -> bool:
    """Whether words say at their beginning or end that what they ask for is to be done at once."""
    return without_now(tuple(words)) != tuple(words)


def without_now(words: Words) -> Words:
    """The words without what says at their beginning or end that it is to be done at once."""
    for now in _NOW:
        if words[: len(now)] == now:
            return words[len(now) :]
        if words[-len(now) :] == now and words[-len(now) - 1 : -len(now)] not in _NOT_NOW:
            return words[: -len(now)]
    return words


def may_be_several(text: str) -> bool:
    """Whether a text has a word that joins, excepts, corrects or refers, so must be split."""
    return not _MARKING.isdisjoint(_pieces(text))


def segments_of(text: str) -> list[Segment]:
    """The segments of a text; the last one is empty if it ends in a joining word."""
    segments: list[Segment] = []
    words: list[str] = []
    joining: list[str] = []
    glue: Words = ()
    pieces = _pieces(text)
    for at, piece in enumerate(pieces):
        if piece not in _JOINING or is_within_number(pieces, at):
            if joining and words:
                segments.append(Segment(tuple(words), glue))
                words = []
            if joining:
                glue, joining = tuple(joining), []
            words.append(piece)
        elif words or segments:
            joining.append(piece)
    segments.append(Segment(_without_too(tuple(words)) if segments else tuple(words), glue))
    if any(piece.isalpha() for piece in joining):
        segments.append(Segment((), tuple(joining)))
    return segments


def at_articles(segments: Sequence[Segment]) -> list[Segment]:
    """Segments parted where the next thing of a list begins: "the kettle the printer and ..."."""
    parted: list[Segment] = []
    for segment in segments:
        words, glue, start = segment.words, segment.joined_by, 0
        for at in range(2, len(words)):
            if words[at] in ARTICLES and words[at - 1] not in _BEFORE_ARTICLE:
                parted.append(Segment(words[start:at], glue))
                glue, start = (), at
        parted.append(Segment(words[start:], glue))
    return parted


def _without_too(words: Words) -> Words:
    for ending in _TOO:
        if len(words) > len(ending) and words[-len(ending) :] == ending:
            return words[: -len(ending)]
    return words


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for piece in _PIECES.findall(_BOTH.sub("", _AND.sub(" and ", text.lower()))):
        if piece in _ABBREVIATED:
            pieces.append(piece)
            continue
        stopped = _STOP.sub("", piece)
        pieces.append(stopped)
        if stopped != piece:
            pieces.append(".")
    while pieces and pieces[-1] in {".", ",", ";"}:
        pieces.pop()
    return pieces


def joined(segments: Sequence[Segment]) -> Words:
    """The words of neighbouring segments with what joins them."""
    first, *others = segments
    words = list(first.words)
    for segment in others:
        words += [word for word in segment.joined_by if word.isalpha()]
        words += segment.words
    return tuple(words)


def exceptions(words: Words) -> Iterator[tuple[Words, Words]]:
    """What stands before and after a word that makes an exception."""
    return _around(words, _EXCEPTING)


def corrections(words: Words) -> Iterator[tuple[Words, Words]]:
    """What stands before and after a word that takes back what was said, the last such first."""
    return _around(words, _CORRECTING)


def ends_in_marker(words: Words) -> bool:
    """Whether what is excepted or corrected is still to come."""
    return any(words[-len(marker) :] == marker for marker in (*_EXCEPTING, *_CORRECTING))


def _around(words: Words, markers: Sequence[Words]) -> Iterator[tuple[Words, Words]]:
    for start in range(len(words) - 2, 0, -1):
        for marker in markers:
            end = start + len(marker)
            if words[start:end] == marker and end < len(words):
                yield words[:start], words[end:]
                break


def excepted(words: Words) -> list[Words]:
    """The things that are excepted, one by one."""
    things: list[list[str]] = [[]]
    for word in words:
        if word in {"and", "or"}:
            things.append([])
        else:
            things[-1].append(word)
    return [_thing(tuple(thing)) for thing in things]


_LEADING = frozenset(
    {"in", "on", "at", "for", "from", "one", "ones", "those", "the", "my", "our", "not"}
)
_LEFT = frozenset({"leave", "keep"})
_LEFT_SO = frozenset({"on", "off", "alone", "open", "closed"})


def _thing(words: Words) -> Words:
    """A name without what leads to it: "the ones in the kitchen" is the kitchen."""
    if words[:1] and words[0] in _LEFT:
        words = words[1:-1] if words[-1] in _LEFT_SO else words[1:]
    while len(words) > 1 and words[0] in _LEADING:
        words = words[1:]
    return words[:-1] if len(words) > 1 and words[-1] in {"one", "ones"} else words


def spans(length: int) -> Iterator[tuple[int, int]]:
    """Pieces of so many words that leave the first one, as begin and end: short and late first."""
    for size in range(1, length):
        for end in range(length, size, -1):
            yield end - size, end
