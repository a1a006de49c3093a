"""Which of Whisper's pieces an attention decoder keeps: those that lower-case English is made of.

Half of its 51,864 pieces are of no use here. Of the others none that a word of the dictionary needs
may go: a decoder that has to spell a word in pieces it never learned to hardly ever finds it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from assistant.asr.vocabulary.tokens import WORD_START
from assistant.asr.vocabulary.word_pieces import SPECIAL, WordPieces

_SPOKEN = re.compile(r" ?[a-z']*")
_WHISPER_SPECIAL = (50256, 50257)
"""Numbers of the end of text and of the start of a transcript in Whisper's English models."""


def read_ranks(tiktoken: Path) -> dict[str, int]:
    """Whisper's pieces that hold only what we write, and their numbers.

    `tiktoken` is its package's `gpt2.tiktoken`: base64 and number, one piece a line.
    """
    lines = (line.split() for line in tiktoken.read_text("ascii").splitlines() if line)
    decoded = ((base64.b64decode(piece), int(number)) for piece, number in lines)
    known = {piece.decode("ascii"): number for piece, number in decoded if piece.isascii()}
    return {
        piece.replace(" ", WORD_START): number
        for piece, number in known.items()
        if _SPOKEN.fullmatch(piece)
    }


def choose(ranks: dict[str, int], words: Iterable[str]) -> WordPieces:
    """The pieces that any of some words needs.

    Letters are always among them, and so are the pieces that a kept one is joined from.
    """
    ordered = sorted(ranks, key=ranks.__getitem__)
    whole = WordPieces([*SPECIAL, *ordered])
    used = {whole.pieces[number] for word in words for number in whole.encode(word)}
    kept = {piece for piece in ordered if len(piece) == 1}
    kept |= {part for piece in used for part in _parents(piece, ranks)}
    return WordPieces([*SPECIAL, *(piece for piece in ordered if piece in kept)])


def sources(pieces: WordPieces, ranks: dict[str, int]) -> list[int]:
    """The pieces' numbers in Whisper."""
    return [*_WHISPER_SPECIAL, *(ranks[piece] for piece in pieces.pieces[len(SPECIAL) :])]


def _parents(piece: str, ranks: dict[str, int]) -> set[str]:
    """A piece and all that it is joined from, one after another."""
    found, parts = {piece}, list(piece)
    while len(parts) > 1:
        pairs = [a + b for a, b in pairwise(parts)]
        best = min(range(len(pairs)), key=lambda i: ranks.get(pairs[i], len(ranks) * 10**6))
        if pairs[best] not in ranks:
            break
        parts[best : best + 2] = [pairs[best]]
        found.add(pairs[best])
    return found
