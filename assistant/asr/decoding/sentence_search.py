"""A search for sentences that the home understands, and for nothing else.

A frame-synchronous beam over the same encoder outputs as the open search: a hypothesis takes only
tokens that the network of sentences allows. Hypotheses at one place of the network whose predictor
has the same context have the same future; the better one is kept. A transducer that is held to
sentences would rather leave words out than say others, so every token is given something: what was
spoken finds its words. What the search finds is scored by others, without that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.asr.biasing.sentences import SpelledSentences
from assistant.asr.decoding.frames import ScoredFrame
from assistant.asr.decoding.vocabulary import Numbers, Vocabulary
from assistant.asr.result import Sentences
from assistant.asr.vocabulary.byte_tokens import joined
from assistant.lattice.graph import Hypothesis

Doubles = NDArray[np.float64]


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


BY_BOTH: Final = SentenceSettings(Favour(2.0, 30.0))
"""Where an attention decoder scores the sentences, too."""
BY_TRANSDUCER: Final = SentenceSettings(Favour(5.0, 40.0), keeps_order=True)
"""Where the transducer is alone: it knows less of the language, so any words come near, and a
sentence with words left out seems likelier to it than what was said."""


_PRIORS: Final = 4.0
"""What is this much below the best (natural log) is not asked for its prior, which is smaller.

To know what a text means takes some milliseconds.
"""


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

    def expect(self, text: str) -> None:
        """Be ready for sentences that begin with a text; finding out what follows takes a while."""
        self._sentences.begin_with(text)

    def has(self, text: str) -> bool:
        """Whether a text is a whole sentence."""
        return self._sentences.has(text)

    def texts(self, frames: Iterable[ScoredFrame]) -> list[str]:
        """The sentences that some frames sound most like, best first."""
        self._found = find_sentences(frames, self._sentences, self._vocabulary, self._settings)
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
        favoured, known = [], set()
        for each in hypotheses:
            if self._sentences.begin_with(each.text):
                known.add(each.text)
                given = each.boost + of_names.get(each.text, 0.0)
                favoured.append(_with(each, min(favour.most, favour.word * len(each.words)), given))
            else:
                favoured.append(each)
        least = max(each.log_prob for each in favoured) - _PRIORS
        favoured = [
            _given(each, self._sentences.prior(each.text))
            if each.text in known and each.log_prob > least
            else each
            for each in favoured
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


def _with(hypothesis: Hypothesis, favour: float, given: float) -> Hypothesis:
    """The hypothesis favoured in all by as much, of which its names were given some before."""
    more = max(0.0, favour - given)
    return replace(
        hypothesis,
        log_prob=hypothesis.log_prob + more,
        boost=favour if more else hypothesis.boost,
        sentence_boost=more,
    )


@dataclass(frozen=True, slots=True)
class _States:
    """Hypotheses, each with an entry in every array."""

    positions: Numbers
    """In the network of sentences."""
    contexts: Numbers
    scores: Doubles
    said: Numbers
    """Their last tokens' numbers among all that were emitted."""

    def __getitem__(self, which: NDArray[np.intp] | slice) -> _States:
        return _States(
            self.positions[which], self.contexts[which], self.scores[which], self.said[which]
        )

    def best(self, least: float, contexts: int) -> _States:
        """Those above `least`, best first; of those with the same future the best one.

        There are so many contexts.
        """
        order = np.argsort(-self.scores, kind="stable")
        ranked = self[order[: np.count_nonzero(self.scores > least)]]
        futures = ranked.positions * contexts + ranked.contexts
        _, first = np.unique(futures, return_index=True)
        return ranked[np.sort(first)]


class _Search:
    """The beam over one part of an utterance."""

    def __init__(
        self, sentences: SpelledSentences, vocabulary: Vocabulary, settings: SentenceSettings
    ) -> None:
        self._sentences, self._vocabulary, self._settings = sentences, vocabulary, settings
        self._tokens = [-1]
        """All that were emitted, after one that stands for nothing."""
        self._before = [-1]
        """The number of the token before each."""
        begin = np.array([sentences.begin()]), np.array([vocabulary.start])
        self._beam = _States(*begin, np.zeros(1), np.zeros(1, np.int64))

    def hear(self, frame: ScoredFrame) -> None:
        """Take one more frame."""
        settings, blank = self._settings, self._vocabulary.network.blank_id
        active, stayed, most = self._beam, [], -np.inf
        for left in range(settings.symbols, -1, -1):
            rows = np.array(frame.rows(active.contexts.tolist()))
            scores = active.scores + frame.log_probs[rows, blank]
            stayed.append(replace(active, scores=scores))
            most = max(most, float(scores.max()))
            # What is below this cannot come within the margin again, not even with one more token.
            least = most - settings.margin - settings.token_gain
            active = self._emitted(active, rows, frame, least) if left else active[:0]
            if not len(active.scores):
                break
        ready = _States(
            np.concatenate([each.positions for each in stayed]),
            np.concatenate([each.contexts for each in stayed]),
            np.concatenate([each.scores for each in stayed]),
            np.concatenate([each.said for each in stayed]),
        )
        self._beam = ready.best(most - settings.margin, self._vocabulary.contexts)[: settings.beam]

    def _emitted(
        self, active: _States, rows: NDArray[np.intp], frame: ScoredFrame, least: float
    ) -> _States:
        """The best states after one more token; none with a score below `least`."""
        # Where not even the likeliest token would do, there is no need to know what is allowed.
        speaking = np.flatnonzero(
            active.scores + frame.likeliest[rows] + self._settings.token_gain > least
        )
        if not len(speaking):
            return active[:0]
        places = active.positions[speaking].tolist()
        allowed = [self._sentences.following(position) for position in places]
        owners = np.repeat(speaking, [len(each.tokens) for each in allowed])
        tokens = np.concatenate([each.tokens for each in allowed])
        scores = frame.log_probs[rows[owners], tokens] + active.scores[owners]
        scores += self._settings.token_gain
        likely = np.flatnonzero(scores > least)
        owners, tokens = owners[likely], tokens[likely]
        positions = np.concatenate([each.positions for each in allowed])[likely]
        contexts = self._vocabulary.context(active.contexts[owners], tokens)
        emitted = _States(positions, contexts, scores[likely], likely)
        best = emitted.best(least, self._vocabulary.contexts)[: self._settings.beam]
        chosen = np.searchsorted(likely, best.said)
        self._tokens += tokens[chosen].tolist()
        self._before += active.said[owners[chosen]].tolist()
        said = np.arange(len(self._tokens) - len(chosen), len(self._tokens))
        return replace(best, said=said)

    def found(self) -> Iterator[tuple[str, float]]:
        """The sentences that may end here, best first, and their scores."""
        beam = self._beam
        for position, said, score in zip(
            beam.positions.tolist(), beam.said.tolist(), beam.scores.tolist(), strict=True
        ):
            if self._sentences.following(position).final:
                yield self._text(said), score

    def _text(self, said: int) -> str:
        tokens = []
        while said > 0:
            tokens.append(self._tokens[said])
            said = self._before[said]
        pieces = self._vocabulary.network.tokens
        return joined(pieces[token] for token in reversed(tokens)).replace("▁", " ").strip()


def find_sentences(
    frames: Iterable[ScoredFrame],
    sentences: SpelledSentences,
    vocabulary: Vocabulary,
    settings: SentenceSettings,
) -> dict[str, float]:
    """The sentences that some frames sound most like, best first, and their scores."""
    search = _Search(sentences, vocabulary, settings)
    for frame in frames:
        search.hear(frame)
    found: dict[str, float] = {}
    for text, score in search.found():
        found.setdefault(text, score)
    return dict(islice(found.items(), settings.texts))
