"""How often sentences end with the words that they have so far.

For what is no command of this home: "a little bit of" goes on, "a little bit of sugar" need not.
The shares were counted in requests, prose and home commands by `training/sentence_ends.py`; words
that are rare there share what rare words do. A share of two words leans on that of the last one, as
in the smoothing of MacKay and Peto ("A hierarchical Dirichlet language model", 1995).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple, Self

FILE: Final = "sentence-ends.txt"
RARE: Final = "*"
"""Stands for all words that are too rare to be counted by themselves."""
_PRIOR: Final = 4.0
"""As many observations the shorter history counts for."""


class Count(NamedTuple):
    """How often words were said, and how often a sentence ended after them."""

    ended: int
    said: int


class SentenceEnds:
    """Counts of single words and of pairs."""

    def __init__(self, counts: Mapping[tuple[str, ...], Count]) -> None:
        self.counts = counts
        rare = counts.get((RARE,), Count(0, 0))
        self._rare = rare.ended / max(1, rare.said)

    @classmethod
    def read(cls, text: str) -> Self:
        """From lines of counts and words: `ended said word [word]`."""
        counts: dict[tuple[str, ...], Count] = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                ended, said, *words = line.split()
                counts[tuple(words)] = Count(int(ended), int(said))
        return cls(counts)

    def probability(self, words: Sequence[str]) -> float:
        """That a sentence which has these words so far is over (0 to 1)."""
        share = self._rare
        for count in (1, 2):
            last = tuple(words[-count:])
            found = self.counts.get(last)
            if len(last) == count and found is not None:
                share = (found.ended + _PRIOR * share) / (found.said + _PRIOR)
        return share

    def write(self, path: Path, heading: str) -> None:
        """Write a file as `read` takes it, after a comment."""
        lines = [
            f"{count.ended} {count.said} {' '.join(words)}" for words, count in self.counts.items()
        ]
        path.write_text(
            "\n".join([*(f"# {line}" for line in heading.splitlines()), *lines, ""]), "utf8"
        )


@cache
def english() -> SentenceEnds:
    """Those that ship."""
    return SentenceEnds.read(resources.files(__package__).joinpath(FILE).read_text("utf8"))
