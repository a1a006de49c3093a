"""Personal names in a lattice replaced by a class tag before it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from assistant.asr.vocabulary.function_words import FUNCTION_WORDS
from assistant.asr.vocabulary.spelling import spelled
from assistant.lattice.graph import Lattice
from assistant.rescoring.subwords import NAME_TAG

_POSSESSIVE = "'s"


def tagged(lattice: Lattice, names: Iterable[str]) -> Lattice:
    """The lattice with every word that is part of one of the names replaced by `NAME_TAG`.

    Edges keep their order, so an answer about the tagged lattice is one about the lattice itself.
    A name that is an ordinary word as well, such as "will", is replaced wherever it is said; words
    as common as "the" are not.
    """
    hidden = {word for name in names for word in spelled(name).split()} - FUNCTION_WORDS
    hidden |= {word + _POSSESSIVE for word in hidden}
    return replace(
        lattice,
        edges=tuple(
            replace(edge, word=NAME_TAG) if edge.word in hidden else edge for edge in lattice.edges
        ),
    )
