"""What rescoring asks of a language model: how likely is a word after what was said."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from assistant.errors import HearthError
from assistant.rescoring.subwords import NAME_TAG, SPECIAL

END_TAG: Final = SPECIAL[2]
"""Asked for like a word: the end of the sentence."""

__all__ = [
    "END_TAG",
    "NAME_TAG",
    "Extension",
    "LanguageModel",
    "LanguageModelError",
    "Query",
    "WeightedSum",
    "WordBonus",
]


class LanguageModelError(HearthError):
    """A language model gives no answer; the message says why."""


class Query(NamedTuple):
    """A word (or `END_TAG`, or `NAME_TAG`) after a history."""

    state: Hashable
    word: str


class Extension(NamedTuple):
    """What a language model says of a query."""

    log_prob: float
    """Natural logarithm of the word's probability."""
    state: Hashable
    """The history with the word. Equal states have the same future, at least nearly."""


class LanguageModel(Protocol):
    """Scores words after histories. Calls are heavy: make them one at a time in a worker."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    @property
    def start(self) -> Hashable:
        """The history before any word."""

    def extend(self, queries: Sequence[Query]) -> list[Extension]:
        """The answer to each query, in their order; many at once are cheaper than one by one.

        Raises:
            LanguageModelError: the model cannot be asked.

        """


@dataclass(frozen=True, slots=True)
class WordBonus:
    """Every word is worth the same; adds what longer sentences lose by being less likely."""

    name: str = "word bonus"
    start: Hashable = ()

    def extend(self, queries: Sequence[Query]) -> list[Extension]:
        """1 for a word, 0 for the end."""
        return [Extension(float(query.word != END_TAG), ()) for query in queries]


class WeightedSum:
    """Several language models as one: their weighted scores summed, their states side by side.

    A negative weight takes a model's score away, as is done with a recogniser's internal one.
    """

    def __init__(self, parts: Sequence[tuple[LanguageModel, float]]) -> None:
        self._parts = [(model, weight) for model, weight in parts if weight]
        self.name = " and ".join(model.name for model, _ in self._parts)
        self.start: Hashable = tuple(model.start for model, _ in self._parts)

    def extend(self, queries: Sequence[Query]) -> list[Extension]:
        """The weighted sum for each query. Each part is asked only once for equal queries."""
        scores = [0.0] * len(queries)
        states: list[list[Hashable]] = [[] for _ in queries]
        for index, (model, weight) in enumerate(self._parts):
            own = [Query(_part(query.state, index), query.word) for query in queries]
            distinct = list(dict.fromkeys(own))
            answers = dict(zip(distinct, model.extend(distinct), strict=True))
            for number, query in enumerate(own):
                answer = answers[query]
                scores[number] += weight * answer.log_prob
                states[number].append(answer.state)
        return [Extension(*pair) for pair in zip(scores, map(tuple, states), strict=True)]


def _part(state: Hashable, index: int) -> Hashable:
    """One model's part of a joint state."""
    if not isinstance(state, tuple):
        raise TypeError("a state of another language model")
    part: Hashable = state[index]
    return part
