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
