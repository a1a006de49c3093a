"""A search for sentences that the home understands, and for nothing else.

A frame-synchronous beam over the same encoder outputs as the open search: a hypothesis takes only
tokens that the network of sentences allows. Hypotheses at one place of the network whose predictor
has the same context have the same future; the better one is kept. A transducer that is held to
sentences would rather leave words out than say others, so every token is given something: what was
spoken finds its words. What the search finds is scored by others, without that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from assistant.asr.biasing.sentences import SpelledSentences
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.networks.network import Floats
from assistant.asr.result import Sentences
from assistant.asr.vocabulary.byte_tokens import joined
from assistant.lattice.graph import Hypothesis


@dataclass(frozen=True, slots=True)
class SentenceSettings:
    """How widely to search, and how much a sentence of the home is favoured."""

    beam: int = 64
    symbols: int = 2
    """Tokens that one frame may emit."""
    margin: float = 10.0
    """What is this much below the best state (natural log) is dropped."""
    token_gain: float = 2.0
    """Given to a token (natural log)."""
    texts: int = 4


class Favour(NamedTuple):
    """What a sentence of the home is given (natural log), by its words, up to a limit."""

    word: float
    most: float


FAVOUR: Final = Favour(2.0, 12.0)


class SentenceSearch:
    """Finds and favours the sentences of a home."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        sentences: Sentences,
        settings: SentenceSettings | None = None,
    ) -> None:
        self._vocabulary = vocabulary
        self._sentences = SpelledSentences(sentences, vocabulary.network.tokens)
        self._settings = settings or SentenceSettings()

    def texts(self, outputs: Floats) -> list[str]:
        """The sentences that encoder outputs [M, D] sound most like, best first."""
        return find_sentences(outputs, self._sentences, self._vocabulary, self._settings)

    def favoured(
        self, hypotheses: Iterable[Hypothesis], of_names: Mapping[str, float]
    ) -> list[Hypothesis]:
        """The hypotheses, sentences of the home favoured; best first.

        What begins a sentence is favoured as much: else "set the light to", before a pause for
        thought, would become "set the light two". What names in it were given already, `of_names`
        by text besides the hypotheses' boosts, counts as part of that: nothing is favoured twice.
        What is asked for often comes with more, what is not with less.
        """
        favoured = [
            _with(
                each,
                min(FAVOUR.most, FAVOUR.word * len(each.words)),
                each.boost + of_names.get(each.text, 0.0),
                self._sentences.prior(each.text),
            )
            if self._sentences.begin_with(each.text)
            else each
            for each in hypotheses
        ]
        return sorted(favoured, key=lambda each: -each.log_prob)


def _with(hypothesis: Hypothesis, favour: float, given: float, prior: float) -> Hypothesis:
    """The hypothesis favoured in all by as much, of which its names were given some before.

    The prior is added in any case.
    """
    boost = favour if favour > given else hypothesis.boost
    more = max(0.0, favour - given) + prior
    return replace(
        hypothesis,
        log_prob=hypothesis.log_prob + more,
        boost=boost + prior,
        sentence_boost=more,
    )


class _Said(NamedTuple):
    """The tokens of a hypothesis, last one first."""

    token: int
    before: _Said | None


@dataclass(frozen=True, slots=True)
class _State:
    position: int
    context: tuple[int, ...]
    score: float
    said: _Said | None


_Key = tuple[int, tuple[int, ...]]


def find_sentences(
    outputs: Floats,
    sentences: SpelledSentences,
    vocabulary: Vocabulary,
    settings: SentenceSettings,
) -> list[str]:
    """The sentences that encoder outputs [M, D] sound most like, best first."""
    network = vocabulary.network
    start = _State(sentences.begin(), (network.blank_id,) * network.context_size, 0.0, None)
    beam = [start]
    for vector in outputs:
        beam = _after(vector, beam, sentences, vocabulary, settings)
    ended = (state for state in beam if sentences.following(state.position).final)
    texts = (_text(state.said, vocabulary) for state in ended)
    return list(dict.fromkeys(texts))[: settings.texts]


def _after(
    vector: Floats,
    beam: Sequence[_State],
    sentences: SpelledSentences,
    vocabulary: Vocabulary,
    settings: SentenceSettings,
) -> list[_State]:
    """The beam after one more encoder output [D]."""
    ready: dict[_Key, _State] = {}
    active = beam
    for left in range(settings.symbols, -1, -1):
        contexts = list(dict.fromkeys(state.context for state in active))
        rows = {context: row for row, context in enumerate(contexts)}
        log_probs, _ = vocabulary.scores(vector, contexts)
        blanks = log_probs[:, vocabulary.network.blank_id]
        for state in active:
            score = state.score + float(blanks[rows[state.context]])
            _keep(ready, _State(state.position, state.context, score, state.said))
        if not left:
            break
        # What is below this cannot come within the margin again, not even with one more token.
        least = max(state.score for state in ready.values()) - settings.margin - settings.token_gain
        active = _emitted(active, log_probs, rows, sentences, settings, least=least)
        if not active:
            break
    kept = sorted(ready.values(), key=lambda state: -state.score)[: settings.beam]
    least = kept[0].score - settings.margin
    return [state for state in kept if state.score > least]


def _emitted(
    active: Sequence[_State],
    log_probs: Floats,
    rows: dict[tuple[int, ...], int],
    sentences: SpelledSentences,
    settings: SentenceSettings,
    *,
    least: float,
) -> list[_State]:
    """The best states after one more token; none with a score below `least`."""
    allowed = [sentences.following(state.position) for state in active]
    scores = [
        log_probs[rows[state.context], each.tokens] + (state.score + settings.token_gain)
        for state, each in zip(active, allowed, strict=True)
    ]
    counts = np.array([len(each) for each in scores])
    together = np.concatenate(scores)
    likely = np.flatnonzero(together > least)
    best = likely[np.argsort(-together[likely])[: 2 * settings.beam]]
    owners = np.searchsorted(np.cumsum(counts), best, side="right")
    firsts = np.cumsum(counts) - counts
    found: dict[_Key, _State] = {}
    for at, owner in zip(best.tolist(), owners.tolist(), strict=True):
        state, each = active[owner], allowed[owner]
        number = at - int(firsts[owner])
        token = int(each.tokens[number])
        context = (*state.context[1:], token)
        said = _Said(token, state.said)
        _keep(found, _State(each.positions[number], context, float(together[at]), said))
    return list(found.values())[: settings.beam]


def _keep(states: dict[_Key, _State], state: _State) -> None:
    """The better one of two states with the same future."""
    key = state.position, state.context
    known = states.get(key)
    if known is None or known.score < state.score:
        states[key] = state


def _text(said: _Said | None, vocabulary: Vocabulary) -> str:
    tokens = []
    while said is not None:
        tokens.append(said.token)
        said = said.before
    pieces = vocabulary.network.tokens
    return joined(pieces[token] for token in reversed(tokens)).replace("▁", " ").strip()
