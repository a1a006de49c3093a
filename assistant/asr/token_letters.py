"""Tokens by their letters: which of them go on along a tree of letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from assistant.asr.tokens import WORD_START

Children = Sequence[Mapping[str, int]]
"""Of each node of a tree, the node that a letter leads to."""


class TokenLetters:
    """The tokens of a vocabulary by their letters."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self._numbers: dict[str, list[int]] = {}
        """More than one where tokens differ in what is not written, such as capitals."""
        for number, piece in enumerate(pieces):
            self._numbers.setdefault(piece, []).append(number)
        self._beginnings = {piece[:end] for piece in pieces for end in range(1, len(piece))}
        self.begins = np.array([piece.startswith(WORD_START) for piece in pieces])
        """Which tokens begin a word, [tokens]."""

    def along(self, children: Children, node: int) -> Iterator[tuple[int, int]]:
        """Tokens whose letters all lead on from a node, and the nodes they lead to."""
        open_ends = [(node, "")]
        while open_ends:
            node, text = open_ends.pop()
            for letter, child in children[node].items():
                longer = text + letter
                for token in self._numbers.get(longer, ()):
                    yield token, child
                if longer in self._beginnings:
                    open_ends.append((child, longer))
