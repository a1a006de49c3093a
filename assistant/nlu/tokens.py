"""Words of a hypothesis as tokens that remember what was said.

Understanding rewrites text (numbers to digits, near misses to names), but a shopping list should
hold the words that were spoken. So a token carries both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

_MEASURED = r"(?=\s*(?:%|\u00b0|degree|percent|celsius|fahrenheit|kelvin|hour|hr|minute|min|sec))"
_WORD = re.compile(rf"\d+\.\d+{_MEASURED}|\d+\.\d(?!\d)|[a-z0-9]+(?:'[a-z]+)?|[^\W\d_]+")
"""A point with two digits after it is a time of day and parts two numbers, but before a unit."""
_WRITTEN_NUMBERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
    (re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))"), "."),
    (re.compile(r"(?<=\d)(?:\s*\u00bd|\s+1/2)"), ".5"),
    (re.compile(r"(?<=\d)\s*\u00bc"), ".25"),
    (re.compile(r"(?<=\d)\s*\u00be"), ".75"),
    (re.compile(r"\u00bd|(?<![\d/])1/2(?![\d/])"), " half "),
    (re.compile(r"\u00bc"), " a quarter "),
    (re.compile(r"\u00be"), " three quarters "),
)
"""Signs inside numbers: 2,700 is a whole number, 21,5 and 1\u00bd are fractions."""
_PARTS = re.compile(r"\d+(?:\.\d+)?|[a-z]+")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)")
_SIGNS = {"%": " percent ", "\u00b0": " degrees "}
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "þ": "th", "\u2019": "'"}
)
"""Letters that are no letter with an accent, in the spelling that English uses."""
HESITATIONS = frozenset({"uh", "um", "er", "erm", "hmm", "uhm", "mm", "ah"})
AT_ONCE = ("right now", "now", "immediately", "right away", "straight away", "at once")
"""What says that a command is not for later, and nothing else."""
OPENERS: tuple[tuple[str, ...], ...] = tuple(
    tuple(phrase.split())
    for phrase in (
        "please",
        "could you please",
        "can you please",
        "would you please",
        "could you",
        "can you",
        "would you",
        "will you",
        "would you mind",
        "i'd like you to",
        "i would like you to",
        "i want you to",
        "i need you to",
        "we need you to",
        "go ahead and",
        "hey",
        "okay",
        "ok",
        "oh",
        "so",
        "well",
        *AT_ONCE,
        "just",
        "kindly",
        "and",
    )
)
CLOSERS: tuple[tuple[str, ...], ...] = tuple(
    tuple(phrase.split())
    for phrase in (
        "please",
        "for me",
        "for me please",
        "thanks",
        "thank you",
        "would you",
        "will you",
        "for now",
        *AT_ONCE,
        "okay",
    )
)
SPELLINGS = {
    ("t", "v"): "tv",
    ("television",): "tv",
    ("telly",): "tv",
    ("a", "c"): "ac",
    ("colour",): "color",
    ("colours",): "color",
    ("grey",): "gray",
    ("per", "cent"): "percent",
    ("percents",): "percent",
    ("%",): "percent",
    ("to", "do"): "todo",
    ("half", "way"): "halfway",
    ("wifi",): "wi fi",
    ("mr",): "mister",
    ("mrs",): "missus",
    ("dr",): "doctor",
    ("1st",): "first",
    ("2nd",): "second",
    ("3rd",): "third",
    ("4th",): "fourth",
    ("5th",): "fifth",
    ("nevermind",): "never mind",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word as understanding reads it, and the words it came from."""

    text: str
    spoken: tuple[str, ...]


def split_words(text: str) -> list[str]:
    """Lower-case words of `text`; punctuation other than an apostrophe inside a word is dropped.

    Accents are too: the recogniser writes plain letters, and "Zoë" has to be found by "zoe".
    """
    for sign, number in _WRITTEN_NUMBERS:
        text = sign.sub(number, text)
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _WORD.findall(_written_out(letters))


def _written_out(text: str) -> str:
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return text


def tokens_of(words: Iterable[str]) -> list[Token]:
    """A token a word, usual spellings unified (`t v` is `tv`), letters parted from digits.

    "PS5" is `ps 5`, as it is spoken.
    """
    items = list(words)
    result: list[Token] = []
    position = 0
    while position < len(items):
        for length in (2, 1):
            spoken = tuple(items[position : position + length])
            text = SPELLINGS.get(spoken, items[position] if length == 1 else "")
            if text:
                first, *rest = _parted(text)
                result += [Token(first, spoken), *(Token(part, ()) for part in rest)]
                position += len(spoken)
                break
    return result


def _parted(text: str) -> list[str]:
    """The words of a spelling, letters parted from digits."""
    if text.isalpha() or text.isdecimal() or _ORDINAL.fullmatch(text):
        return [text]
    return [part for word in text.split() for part in _letters_and_digits(word)]


def _letters_and_digits(word: str) -> list[str]:
    parts = _PARTS.findall(word)
    return parts if len(parts) > 1 and "".join(parts) == word else [word]


_FROM = "from"
"""What follows is no politeness: "ten minutes from now"."""


def without_fillers(words: Sequence[str]) -> list[str]:
    """The words without hesitations, and without politeness at either end.

    Polite words inside are kept: they may be part of an item or a name.
    """
    *_, (begin, end, rest) = _stripped(words)
    return rest[begin:end]


def without_openers(words: Sequence[str]) -> list[str]:
    """The words without hesitations, and without politeness at their beginning."""
    *_, (begin, _, rest) = _stripped(words)
    return rest[begin:]


def with_fillers(words: Sequence[str], kept: AbstractSet[str]) -> Iterator[list[str]]:
    """The words without hesitations, with polite words of `kept` left at the ends; most first."""
    stages = list(_stripped(words))
    rest = stages[-1][2]
    begins = dict.fromkeys(begin for begin, _, _ in stages)
    ends = dict.fromkeys(end for _, end, _ in stages)
    last = stages[-1][:2]
    for begin in begins:
        for end in ends:
            keeps = (begin == last[0] or rest[begin] in kept) and (
                end == last[1] or rest[end - 1] in kept
            )
            if keeps and (begin, end) != last:
                yield rest[begin:end]


def _stripped(words: Sequence[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Where a command begins and ends as politeness is taken from it bit by bit, and all words."""
    rest = [word for word in words if word not in HESITATIONS]
    begin, end, changed = 0, len(rest), bool(rest)
    yield begin, end, rest
    while changed:
        changed = False
        for opener in OPENERS:
            if rest[begin] != opener[0] or end - begin <= len(opener):
                continue
            if tuple(rest[begin : begin + len(opener)]) == opener:
                begin, changed = begin + len(opener), True
                yield begin, end, rest
        for closer in CLOSERS:
            before = end - len(closer)
            if rest[end - 1] != closer[-1] or before <= begin:
                continue
            if tuple(rest[before:end]) == closer and rest[before - 1] != _FROM:
                end, changed = before, True
                yield begin, end, rest


def without_phrases(words: Sequence[str], phrases: Iterable[Sequence[str]]) -> list[str]:
    """The words without some phrases, wherever they stand; all of them if nothing else is left."""
    rest = list(words)
    for phrase in sorted(phrases, key=len, reverse=True):
        at = 0
        while at < len(rest):
            if rest[at : at + len(phrase)] == list(phrase):
                del rest[at : at + len(phrase)]
            else:
                at += 1
    return rest or list(words)


def text_of(tokens: Iterable[Token]) -> str:
    """The tokens' texts joined by single spaces."""
    return " ".join(token.text for token in tokens)


def spoken_for(text: str, tokens: Sequence[Token]) -> str:
    """The words that were spoken where the tokens read `text`; `text` itself if they nowhere do."""
    wanted = text.split()
    for start in range(len(tokens) - len(wanted) + 1):
        window = tokens[start : start + len(wanted)]
        if [token.text for token in window] == wanted:
            return " ".join(word for token in window for word in token.spoken)
    return text
