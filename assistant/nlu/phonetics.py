"""How alike two words are to a recogniser's ear.

A recogniser errs by sound, and writes the error in plausible spelling: "lite" for "light". So
spelling distance (rapidfuzz) is taken on the words and on a rough phonetic respelling of them; the
rules of the respelling are the commonest ones of English orthography, in the spirit of Metaphone.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

_RULES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"igh", "i"),
        (r"c(?=[iey])", "s"),
        (r"([^aeiou])i([bcdfgklmnprstvz])e(s?)$", r"\1i\2\3"),
        (r"([aou])([bcdfgklmnprstvz])e(s?)$", r"\1\2\3"),
        (r"^kn|^gn", "n"),
        (r"^wr", "r"),
        (r"ph", "f"),
        (r"ck|c(?![hieys])|qu?", "k"),
        (r"tch", "ch"),
        (r"dge?|j", "g"),
        (r"[eiu]r", "er"),
        (r"ee|ea|ie", "i"),
        (r"oo|ou|ew", "u"),
        (r"ai|ay|ei|ey", "a"),
        (r"y", "i"),
        (r"z", "s"),
        (r"x", "ks"),
        (r"wh", "w"),
        (r"(?<=[aeiou])gh", ""),
        (r"([a-z])\1", r"\1"),
    )
)
_VOWELS = re.compile(r"[aeiou]")
_KEY_WEIGHT = 0.96
_SKELETON_WEIGHT = 0.86


@lru_cache(maxsize=8192)
def sound_key(word: str) -> str:
    """A rough phonetic respelling of a lower-case word."""
    for pattern, replacement in _RULES:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=8192)
def skeleton(word: str) -> str:
    """The consonants of a word's sound, with a dash for each vowel: "sat" and "set" share it."""
    return _VOWELS.sub("-", sound_key(word))


@lru_cache(maxsize=65536)
def similarity(said: str, meant: str) -> float:
    """0 (nothing alike) to 1 (the same): spelling, sound, or the same consonants in one length.

    The three are weighted so that a word of the same spelling beats one that only sounds alike.
    """
    if said == meant:
        return 1.0
    spelling = fuzz.ratio(said, meant) / 100
    key_said, key_meant = sound_key(said), sound_key(meant)
    sound = _KEY_WEIGHT * fuzz.ratio(key_said, key_meant) / 100
    consonants = _SKELETON_WEIGHT if skeleton(said) == skeleton(meant) else 0.0
    return max(spelling, sound, consonants)


_CLASSES = ("pb", "td", "kg", "fv", "sz", "mn", "lr")
_SAME_CLASS = 0.4
_VOWEL = 0.4


@lru_cache(maxsize=65536)
def sounds_alike(said: str, meant: str) -> float:
    """0 to 1: one less the share of sounds that differ, by a weighted edit distance.

    Vowels, and consonants formed alike, are taken for each other more easily than others, as in
    phonetic edit distances since Kondrak, "A new algorithm for the alignment of phonetic
    sequences" (2000). "Bag" is like "back"; "dining" is not like "living", though half of the
    letters agree.
    """
    one, other = sound_key(said), sound_key(meant)
    if one == other:
        return 1.0
    row = [float(column) for column in range(len(other) + 1)]
    for letter in one:
        corner, row[0] = row[0], row[0] + 1
        for column, target in enumerate(other, start=1):
            change = corner + _difference(letter, target)
            corner = row[column]
            row[column] = min(change, row[column] + 1, row[column - 1] + 1)
    return max(0.0, 1 - row[-1] / max(len(one), len(other)))


@lru_cache(maxsize=1024)
def _difference(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if _VOWELS.match(one) and _VOWELS.match(other):
        return _VOWEL
    return _SAME_CLASS if any(one in same and other in same for same in _CLASSES) else 1.0
