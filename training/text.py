"""Sentences to train on: requests, home commands, and drills of numbers, times and names.

All text is normalised to what the recogniser writes: lower-case letters, apostrophes and single
spaces, numbers as words. Everything is deterministic for a given seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import yaml
from unicode_rbnf import FormatPurpose, RbnfEngine

LISTS = Path(__file__).parent / "lists.yaml"

COFFEE = re.compile(
    r"coffee|espresso|latte|cappuc|mocha|macchiato|americano|barista|starbuck|decaf|frapp|cortado"
    r"|ristretto|flat white|roast|caf[eé]\b|cup of|\bshots?\b|\boat milk|\bsoy\b|whipped"
)
"""The coffee domain measures how well strangers' requests are understood, so it is left out."""

_SYMBOLS = {
    "%": " percent",
    "&": " and ",
    "$": " dollars ",
    "°": " degrees ",
    "+": " plus ",
    "@": " at ",
}
_ACCENTS = str.maketrans("éèêëáàâäíìïóòôöúùûüñç\u2019", "eeeeaaaaiiioooouuuunc'")


@lru_cache(maxsize=1)
def _engine() -> RbnfEngine:
    return RbnfEngine.for_language("en")


@lru_cache(maxsize=4096)
def spell(number: int, *, year: bool = False, ordinal: bool = False) -> str:
    """A number as it is spoken: 21 is "twenty one"."""
    purpose = FormatPurpose.CARDINAL
    if ordinal or year:
        purpose = FormatPurpose.ORDINAL if ordinal else FormatPurpose.YEAR
    text = _engine().format_number(number, purpose=purpose).text
    return text.replace("-", " ").replace(",", "")


def normalise(text: str) -> str:
    """Text as the recogniser writes it; the empty string when it cannot be spoken plainly."""
    text = text.lower().translate(_ACCENTS)
    text = re.sub(r"(\d{1,2}):(\d\d)", lambda m: f"{m[1]} {_minutes(int(m[2]))} ", text)
    text = re.sub(
        r"(\d+)(?:st|nd|rd|th)\b", lambda m: f" {spell(int(m[1]) % 10_000, ordinal=True)} ", text
    )
    text = re.sub(r"(\d+)\.(\d+)", lambda m: f"{m[1]} point {' '.join(m[2])}", text)
    text = re.sub(r"\b([ap])\.?m\b\.?", r" \1 m ", text)
    for symbol, word in _SYMBOLS.items():
        text = text.replace(symbol, word)
    text = re.sub(r"\d+", lambda m: f" {_digits(m[0])} ", text)
    if re.search(r"[^\x00-\x7f]", text):
        return ""
    text = re.sub(r"[^a-z' ]+", " ", text)
    text = re.sub(r"(?<![a-z])'+|'+(?![a-z])", " ", text)
    return " ".join(text.split())


def _minutes(minute: int) -> str:
    return "" if minute == 0 else f"oh {spell(minute)}" if minute < 10 else spell(minute)


def _digits(digits: str) -> str:
    if len(digits) > 4 or (len(digits) > 1 and digits[0] == "0"):
        return " ".join(spell(int(digit)) for digit in digits)
    number = int(digits)
    return spell(number, year=1900 <= number < 2100)


def normalised_lines(path: Path) -> set[str]:
    """The different lines of a text file, normalised."""
    return {normalise(line) for line in path.read_text("utf8").splitlines()}


def requests(paths: list[Path]) -> list[str]:
    """General requests from text files, normalised, the coffee domain left out, sorted."""
    lines = {line for path in paths for line in normalised_lines(path)}
    return sorted(line for line in lines if _usable(line))


def wordnet_examples(folder: Path) -> list[str]:
    """The sentences that show WordNet's words in use, normalised, sorted.

    `folder` holds its `data.noun`, `data.verb`, `data.adj` and `data.adv` (Debian's
    `wordnet-base`). They are short, and together they use most of the language.
    """
    lines = {
        normalise(example)
        for part in ("noun", "verb", "adj", "adv")
        for entry in (folder / f"data.{part}").read_text("latin1").splitlines()
        for example in re.findall(r'"([^"]+)"', entry.partition("|")[2])
    }
    return sorted(line for line in lines if _usable(line) and " " in line)


def _usable(line: str) -> bool:
    return 1 <= len(line.split()) <= 18 and len(line) <= 100 and not COFFEE.search(line)


class Commands:
    """Random sentences from the templates in `lists.yaml`.

    A template holds names in braces, `{area}`; each is replaced by a random entry of the list of
    that name, which may hold names in turn. `(a|b)` chooses, `[a]` may be left out.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._lists: dict[str, list[str]] = yaml.safe_load(LISTS.read_text("utf8"))
        self._made: dict[str, Callable[[], str]] = {
            "number": lambda: spell(self._random.randint(0, 100)),
            "large": lambda: spell(
                self._random.choice(
                    [self._random.randint(100, 999), self._random.randint(1000, 9999)]
                )
            ),
            "ordinal": lambda: spell(self._random.randint(1, 31), ordinal=True),
            "year": lambda: spell(self._random.randint(1950, 2035), year=True),
            "digits": lambda: " ".join(
                spell(self._random.randint(0, 9)) for _ in range(self._random.randint(3, 7))
            ),
            "hour": lambda: spell(self._random.randint(1, 12)),
            "minute": lambda: _minutes(self._random.randint(1, 59)),
        }

    def draw(self, kind: str) -> str:
        """One sentence of the list `kind` (`command`, `phrase`)."""
        return " ".join(self._fill("{" + kind + "}").split())

    def _fill(self, text: str) -> str:
        while match := re.search(r"\{(\w+)\}|\(([^()\[\]{}]*)\)|\[([^()\[\]{}]*)\]", text):
            name, choices, optional = match.groups()
            if name:
                made = self._made.get(name)
                part = made() if made else self._random.choice(self._lists[name])
            elif choices is not None:
                part = self._random.choice(choices.split("|"))
            else:
                part = self._random.choice(["", *optional.split("|") * 2])
            text = text[: match.start()] + part + text[match.end() :]
        return text


def word_salad(vocabulary: list[str], seed: int) -> Iterator[str]:
    """Endless short sequences of random words, which teach spelling rather than phrasing."""
    rng = random.Random(seed)
    while True:
        yield " ".join(rng.choice(vocabulary) for _ in range(rng.randint(2, 6)))
