"""How words are pronounced: phonemes by espeak-ng, or by a network where it is not installed."""

from __future__ import annotations

import logging
import shutil
import subprocess
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Final

_log = logging.getLogger(__name__)

PROGRAM: Final = "espeak-ng"
ACCENTS: Final = ("en-us", "en-gb")
"""espeak-ng's voices for the accents that names may be said in."""
Pronounce = Callable[[Iterable[str]], Mapping[str, tuple[str, ...]]]
"""How words are said, those that are known: phonemes, in one accent or more."""
_SILENT: Final = frozenset("ˈˌːˑ͡ ‿.‖|\u200d")
"""Marks of stress and length, ties: they say nothing that the sounds do not."""
_AT_ONCE: Final = 500
"""Words that one run of it reads, in at most so many seconds."""
_LONGEST_S: Final = 20.0


class Pronunciations:
    """How words are said, each asked for once.

    `otherwise` knows it where espeak-ng is not installed; without it, nobody does then.
    """

    def __init__(self, otherwise: Pronounce | None = None) -> None:
        self._known: dict[str, tuple[str, ...]] = {}
        self._otherwise = otherwise
        self._able = shutil.which(PROGRAM) is not None

    def __call__(self, words: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """What is known of these words, and of others: phonemes, in each accent."""
        fresh = [word for word in dict.fromkeys(words) if word not in self._known]
        if fresh and self._able:
            try:
                accents = [pronounced(fresh, accent) for accent in ACCENTS]
            except (OSError, subprocess.SubprocessError) as error:
                _log.warning("espeak-ng does not say how names sound (%s)", error)
                self._able = False
            else:
                self._known |= {word: tuple(each[word] for each in accents) for word in fresh}
        if fresh and not self._able and self._otherwise is not None:
            self._known |= self._otherwise(fresh)
        return self._known


def pronounced(words: Iterable[str], voice: str = "en-us") -> dict[str, str]:
    """Phonemes of words, a letter of the International Phonetic Alphabet each.

    Raises:
        OSError: espeak-ng cannot be started.
        subprocess.SubprocessError: it fails, or takes too long.

    """
    listed = list(dict.fromkeys(words))
    known: dict[str, str] = {}
    for at in range(0, len(listed), _AT_ONCE):
        part = listed[at : at + _AT_ONCE]
        known |= zip(part, _spoken(part, voice), strict=True)
    return known


def _spoken(words: list[str], voice: str) -> list[str]:
    said = subprocess.run(  # noqa: S603 - words are its input, not its arguments
        [PROGRAM, "-q", "--ipa", "-v", voice, "--stdin"],
        input=".\n".join(words) + ".\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=_LONGEST_S,
    )
    lines = [line for line in said.stdout.splitlines() if line.strip()]
    if len(lines) != len(words):
        raise subprocess.SubprocessError(f"{len(words)} words were said in {len(lines)} lines")
    return [_sounds(line) for line in lines]


def _sounds(line: str) -> str:
    plain = unicodedata.normalize("NFD", line)
    return "".join(
        letter for letter in plain if letter not in _SILENT and not unicodedata.combining(letter)
    )
