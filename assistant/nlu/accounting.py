"""Whether a meaning accounts for what was heard.

Every word heard must have become a word of the sentence that is acted on: the same one, one that
sounds like it, or none where it says nothing.

The words heard and the words meant are aligned (Wagner and Fischer, "The string-to-string
correction problem", 1974), each step with a likeness between 0 and 1; the alignment with the
highest product counts. Lost words ("later", "except", "don't"), other numbers, opposites and a name
taken for another that sounds otherwise have no step at all, so such a meaning is none.

Corrections of one text and hypotheses of a recogniser are held to the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from itertools import product

from assistant.nlu.numbers import NUMBER_WORDS
from assistant.nlu.phonetics import sounds_alike

_Words = tuple[str, ...]

SURE = 0.85
"""From this likeness on a sentence may be acted on without asking."""
LIKELY = 0.6
"""Below this it was another sentence."""

CONFUSED: Mapping[str, tuple[str, ...]] = {
    "of": ("off",),
    "off": ("of",),
    "too": ("to", "two"),
    "two": ("to",),
    "to": ("two",),
    "for": ("four",),
    "four": ("for",),
    "fore": ("for", "four"),
    "an": ("on", "in"),
    "in": ("on",),
    "and": ("in", "on"),
    "own": ("on",),
    "ate": ("eight",),
    "won": ("one",),
    "lose": ("close",),
    "clothes": ("close",),
    "term": ("turn",),
    "torn": ("turn",),
    "look": ("lock",),
    "lot": ("lock",),
    "at": ("add",),
    "ad": ("add",),
    "had": ("add",),
    "sit": ("set",),
    "set": ("shut",),
    "shut": ("set",),
    "she": ("set",),
    "like": ("light",),
    "live": ("light",),
    "write": ("light",),
    "right": ("light",),
    "a": ("the",),
    "the": ("in the",),
}
"""Words that are commands' words taken for each other, whatever their spelling, or swallow one."""

EMPTY = frozenset(
    {*("a", "an", "the", "it", "like", "then", "so", "just", "that", "now", "and"), "please"}
)
"""Words that say nothing where a sentence is whole without them."""
FUNCTION_WORDS = EMPTY | {
    *("on", "off", "in", "at", "to", "of", "for", "from", "up", "down", "out", "all", "any", "my"),
    *("them", "this", "these", "those", "one", "ones", "some", "is", "are", "there", "here", "me"),
    *("you", "i", "we", "us", "your", "our", "with", "over", "what", "which", "who", "how", "be"),
}
"""Words that name nothing by themselves."""
LEADING_WORDS = frozenset(
    {*("a", "an", "the", "my", "our", "your", "and", "or"), "in", "at", "to", "of", "for", "from"}
)
"""Words after which a name is still to come."""
_SWALLOWED = frozenset({"a", "an", "the", "in", "my"})
"""Words that are said so lightly that a hypothesis may have missed them."""
NEGATIONS = frozenset(
    {*("don't", "dont", "not", "never", "didn't", "won't", "shouldn't", "isn't"), "no", "nobody"}
)
TELLING = NEGATIONS | {
    *("later", "unless", "except", "when", "whenever", "if", "until", "till", "after", "before"),
    *("while", "once", "without", "instead", "but", "or", "by", "tonight", "tomorrow", "today"),
    *("morning", "noon", "afternoon", "evening", "midnight", "every", "everything", "only"),
    *("yesterday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("next", "week", "weekend", "month"),
}
"""Words that change what is meant, so none may be dropped or replaced."""
OPPOSITES = (
    {"on", "off"},
    {"up", "down"},
    {"open", "close", "closed"},
    {"lock", "unlock"},
    {"mute", "unmute"},
    {"start", "stop"},
    {"increase", "decrease"},
    {"raise", "lower"},
    {"warmer", "cooler", "colder"},
    {"brighter", "darker"},
    {"upstairs", "downstairs"},
    {"he", "she"},
)
_SAME_SOUND = (
    *({"know", "no"}, {"to", "too", "two"}, {"for", "four"}, {"one", "won"}, {"eight", "ate"}),
    *({"by", "buy", "bye"}, {"weak", "week"}, {"or", "ore"}, {"not", "knot"}),
)
"""Words that no ear tells apart, some of which change what is meant."""
_UNFINISHED = (("to",), ("for",))
"""Last words of an unfinished sentence: they are not misheard numbers."""
_CONFUSED_LIKENESS = 0.9
_EMPTY_LIKENESS = 0.95
_DOUBLED_LIKENESS = 0.97
_PLURAL_LIKENESS = 0.95


class Evidence(Enum):
    """What speaks for the words meant, besides that they are like those heard."""

    NONE = 0.7, 1.0
    """Nothing: they are a guess."""
    ALSO_HEARD = 0.5, 0.5
    """A recogniser heard them, too, in another hypothesis for the same audio."""
    FAVOURED = 0.45, 0.5
    """A recogniser heard them rather than the others because they name something in this home."""
    ASKED = 0.5, 0.5, 0.8
    """A recogniser heard them, too, and they answer what has just been asked."""

    def __init__(self, least: float, doubt: float, least_joined: float = 0.88) -> None:
        self.least = least
        """Words less alike than this were not taken for each other."""
        self.doubt = doubt
        """How much of a difference in sound counts."""
        self.least_joined = least_joined
        """The same as `least` for words whose ends lie elsewhere; a lost short word makes less of
        a difference."""


@lru_cache(maxsize=4096)
def likeness(heard: _Words, meant: _Words, evidence: Evidence = Evidence.NONE) -> float:
    """How far the words meant account for those heard: 1 for the same words, 0 for not at all."""
    if heard[-1:] in _UNFINISHED and meant[-1:] != heard[-1:]:
        return 0.0
    best = [[0.0] * (len(meant) + 1) for _ in range(len(heard) + 1)]
    best[0][0] = 1.0
    for row, column in product(range(len(heard) + 1), range(len(meant) + 1)):
        for down, right in _STEPS if best[row][column] else ():
            end, stop = row + down, column + right
            if end <= len(heard) and stop <= len(meant):
                before = heard[max(0, row - 1) : row]
                step = _step(before, heard[row:end], meant[column:stop], evidence)
                best[end][stop] = max(best[end][stop], best[row][column] * step)
    return best[-1][-1]


def _letters(words: _Words) -> list[str]:
    return [without_apostrophe(word) for word in words]


def without_apostrophe(word: str) -> str:
    """The letters of a word: nobody hears the rest of "kid's room"."""
    return word.replace("'", "")


_STEPS = ((1, 1), (1, 0), (0, 1), (2, 1), (1, 2))


def _step(before: _Words, heard: _Words, meant: _Words, evidence: Evidence) -> float:
    """The likeness of a few words heard, after the word `before`, to those meant in their place."""
    if heard == meant or _letters(heard) == _letters(meant):
        return 1.0
    if not meant and heard == before:
        return _DOUBLED_LIKENESS
    if not meant or not heard:
        says_nothing = heard[0] in EMPTY if heard else meant[0] in _SWALLOWED
        return _EMPTY_LIKENESS if says_nothing else 0.0
    return _replaced(heard, meant, evidence)


def _replaced(heard: _Words, meant: _Words, evidence: Evidence) -> float:
    if " ".join(meant) in CONFUSED.get(" ".join(heard), ()):
        return _CONFUSED_LIKENESS
    if evidence is not Evidence.NONE and any({*heard, *meant} <= each for each in _SAME_SOUND):
        return _CONFUSED_LIKENESS
    if _tell_apart(heard, meant):
        return 0.0
    if len(heard) == len(meant) and heard[0].rstrip("s") == meant[0].rstrip("s"):
        return _PLURAL_LIKENESS
    alike = sounds_alike("".join(heard), "".join(meant))
    least = evidence.least if len(heard) == len(meant) else evidence.least_joined
    return 1 - evidence.doubt * (1 - alike) if alike >= least else 0.0


def _tell_apart(heard: _Words, meant: _Words) -> bool:
    """Whether the words mean different things however alike they sound."""
    words = {*heard, *meant}
    return (
        bool(words & TELLING)
        or _numbers(heard) != _numbers(meant)
        or any(len(words & opposite) > 1 for opposite in OPPOSITES)
    )


def _numbers(words: _Words) -> list[str]:
    return [word for word in words if word in NUMBER_WORDS or word[:1].isdecimal()]
