"""Finds and favours the sentences that the home understands.

A search that is held to sentences would rather leave words out than say others, so every token is
given something: what was spoken finds its words. What such a search finds is scored by others,
without that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple

from assistant.asr.biasing.sentences import SpelledSentences
from assistant.asr.decoding.ctc_search import find_by_ctc
from assistant.asr.decoding.frames import ScoredFrame
from assistant.asr.decoding.sentence_beam import BeamSettings
from assistant.asr.decoding.transducer_search import find_by_transducer
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.networks.ctc import CtcOutput
from assistant.asr.networks.network import Floats
from assistant.asr.result import Sentences
from assistant.lattice.graph import Hypothesis

_BY_CTC: Final = BeamSettings(beam=128, margin=9.0, token_gain=4.0)
_BY_TRANSDUCER: Final = BeamSettings(beam=64, margin=10.0, token_gain=2.0)
"""By how many of 330 sentences to made-up gadgets in noise were understood, and how quickly."""


class Favour(NamedTuple):
    """What a sentence of the home is given (natural log), by its words, up to a limit."""

    word: float
    most: float
    free_word: float | None = None
    """What each word takes from it that may be any; None: only those without one are favoured.

    "I have {item}" is two words of the home's own, and so begin many sentences that are not for it.
    """

    def given(self, own: int, free: int = 0) -> float:
        """What a sentence with so many words is given."""
        taken = (self.free_word or 0.0) * free
        return max(0.0, min(self.most, self.word * own - taken))


@dataclass(frozen=True, slots=True)
class SentenceSettings:
    """How sentences are searched for, and how much one of the home is favoured."""

    favour: Favour
    by_ctc: BeamSettings = _BY_CTC
    by_transducer: BeamSettings = _BY_TRANSDUCER
    keeps_order: bool = False
    """Whether what a search finds is ranked as it finds it, rather than as it scores later."""


BY_BOTH: Final = SentenceSettings(Favour(2.0, 30.0, free_word=1.0))
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
        ctc: CtcOutput | None = None,
        settings: SentenceSettings | None = None,
    ) -> None:
        self._vocabulary, self._ctc = vocabulary, ctc
        self._sentences = SpelledSentences(sentences, vocabulary.network.tokens)
        alone = vocabulary.network.attention_decoder is None
        self._settings = settings or (BY_TRANSDUCER if alone else BY_BOTH)
        self._found: dict[str, float] = {}
        """What the transducer has found last, with scores by which only that can be compared."""

    def expect(self, text: str) -> None:
        """Be ready for sentences that begin with a text; finding out what follows takes a while."""
        self._sentences.begin_with(text)

    def has(self, text: str) -> bool:
        """Whether a text is a whole sentence."""
        return self._sentences.has(text)

    def searches(
        self, outputs: Floats, frames: Iterable[ScoredFrame]
    ) -> Sequence[Callable[[], list[str]]]:
        """Ways to find the sentences that a part sounds most like, best first; the quick one first.

        By the model's CTC output on the encoder's outputs [M, D], where it has one, and by the
        transducer on these frames. They err in different places, and the first takes a fraction of
        the time.
        """
        by_transducer = partial(self._by_transducer, frames)
        if self._ctc is None:
            return (by_transducer,)
        return (partial(self._by_ctc, self._ctc.log_probs(outputs)), by_transducer)

    def _by_ctc(self, log_probs: Floats) -> list[str]:
        settings = self._settings.by_ctc
        return list(find_by_ctc(log_probs, self._sentences, self._vocabulary, settings))

    def _by_transducer(self, frames: Iterable[ScoredFrame]) -> list[str]:
        settings = self._settings.by_transducer
        self._found = find_by_transducer(frames, self._sentences, self._vocabulary, settings)
        return list(self._found)

    def favoured(
        self, hypotheses: Iterable[Hypothesis], of_names: Mapping[str, float]
    ) -> list[Hypothesis]:
        """The hypotheses, sentences of the home favoured; best first.

        What begins a sentence is favoured as much: else "set the light to", before a pause for
        thought, would become "set the light two". What names in it were given already, `of_names`
        by text besides the hypotheses' boosts, counts as part of that: nothing is favoured twice.
        What is asked for often comes with more, what is not with less. In a sentence with words
        that may be any the others count; whether it is one takes milliseconds, so that is not asked
        of what cannot be nearly the best. Where sentences keep the order of the search, that is the
        last one.
        """
        favour = self._settings.favour
        favoured, known, best = list[Hypothesis](), set[str](), -math.inf
        for each in sorted(hypotheses, key=lambda each: -_bound(each, favour)):
            favoured.append(each)
            asked = _bound(each, favour) > best - _PRIORS
            own, free = self._shares(each, asked=asked)
            if own:
                known.add(each.text)
                given = each.boost + of_names.get(each.text, 0.0)
                favoured[-1] = _with(each, favour.given(own, free), given)
            best = max(best, favoured[-1].log_prob)
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

    def _shares(self, each: Hypothesis, *, asked: bool) -> tuple[int, int]:
        """How many words are the home's own, and how many may be any, if that is asked."""
        if self._sentences.begin_with(each.text):
            return len(each.words), 0
        asked &= self._settings.favour.free_word is not None
        return self._sentences.shares(each.text) if asked else (0, 0)


def _bound(each: Hypothesis, favour: Favour) -> float:
    """What a hypothesis is worth at most, once it is favoured."""
    return each.log_prob + favour.given(len(each.words))


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
