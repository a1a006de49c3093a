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
from itertools import islice
from typing import Final, NamedTuple

import numpy as np

from assistant.asr.biasing.sentences import SpelledSentences
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.networks.network import Floats
from assistant.asr.result import Sentences
from assistant.asr.vocabulary.byte_tokens import joined
from assistant.lattice.graph import Hypothesis


class Favour(NamedTuple):
    """What a sentence of the home is given (natural log), by its words, up to a limit."""

    word: float
    most: float


@dataclass(frozen=True, slots=True)
class SentenceSettings:
    """How widely to search, and how much a sentence of the home is favoured."""

    favour: Favour
    beam: int = 64
    symbols: int = 2
    """Tokens that one frame may emit."""
    margin: float = 10.0
    """What is this much below the best state (natural log) is dropped."""
    token_gain: float = 2.0
    """Given to a token (natural log)."""
    texts: int = 4
    keeps_order: bool = False
    """Whether what the search finds is ranked as it finds it, rather than as it scores later."""


BY_BOTH: Final = SentenceSettings(Favour(2.0, 12.0))
"""Where an attention decoder scores the sentences, too."""
BY_TRANSDUCER: Final = SentenceSettings(Favour(5.0, 40.0), keeps_order=True)
"""Where the transducer is alone: it knows less of the language, so any words come near, and a
sentence with words left out seems likelier to it than what was said."""


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
        alone = vocabulary.network.attention_decoder is None
        self._settings = settings or (BY_TRANSDUCER if alone else BY_BOTH)
        self._found: dict[str, float] = {}
        """What the last search has found, with the scores by which only that can be compared."""

    def texts(self, outputs: Floats) -> list[str]:
        """The sentences that encoder outputs [M, D] sound most like, best first."""
        self._found = find_sentences(outputs, self._sentences, self._vocabulary, self._settings)
        return list(self._found)

    def favoured(
        self, hypotheses: Iterable[Hypothesis], of_names: Mapping[str, float]
    ) -> list[Hypothesis]:
        """The hypotheses, sentences of the home favoured; best first.

        What begins a sentence is favoured as much: else "set the light to", before a pause for
        thought, would become "set the light two". What names in it were given already, `of_names`
        by text besides the hypotheses' boosts, counts as part of that: nothing is favoured twice.
        What is asked for often comes with more, what is not with less. Where sentences keep the
        order of the search, that is the last one.
        """
        favour = self._settings.favour
        favoured = [
            _with(
                each,
                min(favour.most, favour.word * len(each.words)),
                each.boost + of_names.get(each.text, 0.0),
                self._sentences.prior(each.text),
            )
            if self._sentences.begin_with(each.text)
            else each
            for each in hypotheses
        ]
        if self._settings.keeps_order:
            scores = {text: s + self._sentences.prior(text) for text, s in self._found.items()}
            favoured = _in_order(favoured, sorted(scores, key=lambda text: -scores[text]))
        return sorted(favoured, key=lambda each: -each.log_prob)


def _in_order(hypotheses: Iterable[Hypothesis], texts: Sequence[str]) -> list[Hypothesis]:
    """The hypotheses, some texts first, each given what it lacks to be as likely as the next."""
    by_text = {each.text: each for each in hypotheses}
    ordered: list[Hypothesis] = []
    for each in [by_text.pop(text) for text in reversed(texts) if text in by_text]:
        lacks = max(0.0, ordered[-1].log_prob - each.log_prob) if ordered else 0.0
        ordered.append(_given(each, lacks))
    return [*reversed(ordered), *by_text.values()]


def _given(hypothesis: Hypothesis, more: float) -> Hypothesis:
    """The hypothesis, favoured by more."""
    return replace(
        hypothesis,
        log_prob=hypothesis.log_prob + more,
        boost=hypothesis.boost + more,
        sentence_boost=hypothesis.sentence_boost + more,
    )


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
) -> dict[str, float]:
    """The sentences that encoder outputs [M, D] sound most like, best first, and their scores."""
    network = vocabulary.network
    start = _State(sentences.begin(), (network.blank_id,) * network.context_size, 0.0, None)
    beam = [start]
    for vector in outputs:
        beam = _after(vector, beam, sentences, vocabulary, settings)
    ended = (state for state in beam if sentences.following(state.position).final)
    found: dict[str, float] = {}
    for state in ended:
        found.setdefault(_text(state.said, vocabulary), state.score)
    return dict(islice(found.items(), settings.texts))


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
