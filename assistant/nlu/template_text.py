"""The text of a sentence template: is it well-formed, and how understanding reads its words.

Words that are spoken lose capitals, accents and punctuation, and numbers become digits, before
templates see them. So the words of a template are read the same way: "Scene two!" is `scene 2`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hassil import ListReference, parse_sentence

from assistant.errors import HearthError
from assistant.nlu.expressions import Traversal, Visitor
from assistant.nlu.inverse_text_normalisation import with_digits
from assistant.nlu.tokens import split_words, text_of, tokens_of

_PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_CLOSING = {closing: opening for opening, closing in _PAIRS.items()}
_REFERENCES = "{<"
_PIECE = re.compile(r"\{[^{}]*\}|<[^<>]*>|[()\[\]|;]|[^{}<>()\[\]|;]+")
_ESCAPED = re.compile(r"\\.")
_RANGE = re.compile(r"\d+\.\.\d+(,\d+)?")
_GLUE = {"'": "'", "\u2019": "'"}
_WIDEST_EXCERPT = 24
_DEEPEST = 20


class TemplateError(HearthError):
    """A template is not well-formed; the message says what to do about it."""


def check_template(text: str) -> None:
    """Raise `TemplateError` where brackets do not fit, or there is nothing in them."""
    if not text.strip():
        raise TemplateError("there are no words in it")
    plain = _ESCAPED.sub("  ", text)
    if "\\" in plain:
        raise TemplateError("a '\\' at the end stands before nothing; take it out")
    _check_brackets(plain)
    for piece in _PIECE.findall(text):
        if piece[0] in _REFERENCES:
            _check_reference(piece)
    try:
        parse_sentence(text)
    except Exception as error:  # noqa: BLE001 - hassil raises what it likes
        raise TemplateError(f"Home Assistant's format does not allow it: {error}") from None


def _check_brackets(text: str) -> None:
    opened: list[int] = []
    for at, letter in enumerate(text):
        inside = text[opened[-1]] if opened else ""
        if letter in _CLOSING:
            if inside != _CLOSING[letter]:
                wanted = f"'{_PAIRS[inside]}' is missing before" if inside else "nothing is open at"
                raise TemplateError(f"{wanted} '{letter}' after {_before(text, at)}")
            if not text[opened.pop() + 1 : at].strip():
                raise TemplateError(f"there is nothing between '{inside}' and '{letter}'")
        elif letter in _PAIRS:
            if inside and inside in _REFERENCES:
                missing = f"'{_PAIRS[inside]}' is missing before '{letter}'"
                raise TemplateError(f"{missing} after {_before(text, at)}")
            opened.append(at)
            if len(opened) > _DEEPEST:
                raise TemplateError(f"more than {_DEEPEST} brackets are open; use a rule for some")
    if opened:
        opening = text[opened[-1]]
        rest = text[opened[-1] :][:_WIDEST_EXCERPT]
        raise TemplateError(f"'{_PAIRS[opening]}' is missing: '{opening}' in '{rest}' stays open")


def _before(text: str, at: int) -> str:
    return f"'{text[max(0, at - _WIDEST_EXCERPT) : at]}'" if at else "nothing"


def _check_reference(piece: str) -> None:
    inside = piece[1:-1]
    name, colon, slot = inside.partition(":")
    if not name.strip() or (colon and not slot.lstrip("@").strip()):
        example = "{area}, or {minutes:duration} for list and slot"
        raise TemplateError(f"'{piece}' lacks a name; write it like {example}")
    if name.strip()[0].isdecimal() and not (colon and _RANGE.fullmatch(name.strip())):
        raise TemplateError(f"'{piece}' is no range; write it like {{0..100:brightness}}")


def divides_whole(text: str) -> bool:
    """Whether a `|` stands outside all brackets, so that each side is a sentence by itself."""
    depth = 0
    for piece in _PIECE.findall(_ESCAPED.sub("  ", text)):
        depth += (piece in {"(", "["}) - (piece in {")", "]"})
        if piece == "|" and not depth:
            return True
    return False


def as_spoken(text: str, names: Mapping[str, str] | None = None) -> str:
    """A template with its words as understanding reads spoken ones.

    `names`: other names for the lists (`{list}`) and rules (`<rule>`) that it refers to.
    """
    pieces = _PIECE.findall(_ESCAPED.sub(" ", text))
    result: list[str] = []
    in_word = [False]
    """For each open bracket, whether a word goes on behind it: `some(one|body)`."""
    for piece, after in zip(pieces, [*pieces[1:], ""], strict=True):
        before = result[-1][-1:] if result else ""
        if piece[0] in _REFERENCES:
            result.append(_renamed(piece, names or {}))
        elif piece in _PAIRS or piece in _CLOSING or piece in "|;":
            if piece in _PAIRS:
                in_word.append(before.isalnum())
            elif piece in _CLOSING:
                in_word.pop()
            result.append(piece)
        else:
            ends_word = before in _CLOSING or (in_word[-1] and before in {"(", "[", "|"})
            result.append(_words(piece, ends_word, after in {"(", "["}))
    return "".join(result).strip()


def _words(piece: str, ends_word: bool, begins_word: bool) -> str:
    """The words of a piece of text; the "light" of `light[s]` is part of one, so no number."""
    words = split_words(piece)
    left, right = (_GLUE.get(end, "" if end.isalnum() else " ") for end in (piece[0], piece[-1]))
    first = 1 if ends_word and left != " " else 0
    last = len(words) - (1 if begins_word and right != " " else 0)
    read = [*words[:first], *_read(words[first:last]), *words[max(first, last) :]]
    return f"{left}{' '.join(read)}{right}" if read else " "


def _read(words: list[str]) -> list[str]:
    return text_of(with_digits(tokens_of(words))).split()


def _renamed(piece: str, names: Mapping[str, str]) -> str:
    opening, closing = piece[0], piece[-1]
    name, colon, slot = (part.strip() for part in piece[1:-1].partition(":"))
    other = names.get(f"{opening}{name}{closing}")
    if other is None:
        return f"{opening}{name}{colon}{slot}{closing}"
    slot = slot or (name if opening == "{" else "")
    return f"{opening}{other[1:-1]}{':' if slot else ''}{slot}{closing}"


def references(text: str) -> Iterable[str]:
    """The lists (`{list}`) and rules (`<rule>`) that a template refers to."""
    found = _References()
    found.visit(parse_sentence(text).expression)
    return found.found


class _References(Visitor):
    """Takes every reference on its way, and goes into no rule."""

    def __init__(self) -> None:
        super().__init__({})
        self.found: list[str] = []

    def words(self, text: str, _value: None) -> None:
        """Words refer to nothing."""

    def listed(self, reference: ListReference, _value: None) -> None:
        if not reference.is_inline_range:
            self.found.append(f"{{{reference.list_name}}}")

    def rule(self, name: str, _value: None) -> None:
        self.found.append(f"<{name}>")


def may_be_empty(text: str) -> bool:
    """Whether a template asks for nothing: all its words are optional."""
    return _Emptiness({}).after(parse_sentence(text).expression, True)


class _Emptiness(Traversal[bool]):
    """Whether nothing was asked for so far."""

    def words(self, text: str, value: bool) -> bool:
        return value and not text.strip()

    def listed(self, _reference: ListReference, _value: bool) -> bool:
        return False

    def rule(self, _name: str, _value: bool) -> bool:
        return False

    def joined(self, values: Iterable[bool]) -> bool:
        return any(values)
