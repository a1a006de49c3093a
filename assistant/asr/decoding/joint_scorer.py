"""An attention decoder beside a transducer: it writes texts, and the two score each other's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from assistant.asr.decoding.attention_search import Continuations, ScoredText, decode, score
from assistant.asr.decoding.parts import Earlier
from assistant.asr.networks.network import AttentionDecoder, Floats
from assistant.lattice.graph import Hypothesis

ATTENTION_WEIGHT: Final = 0.75
"""The attention decoder's weight in the mean of both log-probabilities; the rest is the other's."""
ATTENTION_BEAM: Final = 8
PROPOSAL_THRESHOLD: Final = 2.0
"""Texts that would be this much below the best one (natural log) are not proposed."""
LEAST_FOR_NAMES: Final = -1.0
"""A word of a listed name is at least this likely (natural log) to the attention decoder.

It does not know the list, and a rare name must not fall for that.
"""
LEAST_LETTERS: Final = 0.7
"""The decoder's texts have at least this share of the letters of the transducer's."""
TOLERATED_LOSS: Final = 30.0
"""How far below the transducer's best text (natural log) another loses no more than its share.

What is beyond counts in full. So far below is a text that leaves out words or says again what the
part before has said, and a decoder that has lost its place may be sure of either.
"""

MOST_BEFORE: Final = 60
"""Word pieces of the part before that the decoder is told; it has no positions for many more."""


class JointScorer:
    """An attention decoder that decodes a part of an utterance and scores others' texts for it.

    `own` are the transducer's hypotheses, best first.
    """

    def __init__(
        self,
        decoder: AttentionDecoder,
        inner: Floats,
        listed: Collection[str],
        own: Sequence[Hypothesis],
        earlier: Earlier,
    ) -> None:
        self._listed = listed
        before = earlier.text
        if len(decoder.pieces.encode(before)) > MOST_BEFORE:
            before = ""
        heard = np.concatenate([earlier.inner, inner]) if before else inner
        self._continuations = Continuations(decoder, heard, before)
        self._most = max(each.log_prob for each in own)
        self._known: dict[str, ScoredText] = {}
        self._score(each.text for each in own)
        self.own = self.ranked(own)
        """The transducer's, as both decoders rank them."""
        best = self.own[0]
        self._least = best.log_prob - PROPOSAL_THRESHOLD
        # What a text needs that has the transducer's best log-probability, too.
        needed = self._least - _mean(self._most, 0.0) - self.of_names(best.text)
        needed /= ATTENTION_WEIGHT
        shortest = round(LEAST_LETTERS * len(own[0].text))
        for each in decode(self._continuations, len(inner), ATTENTION_BEAM, shortest, needed):
            # A text that was found in other pieces, too, counts as its likeliest ones.
            known = self._known.get(each.text)
            if known is None or known.log_prob < each.log_prob:
                self._known[each.text] = each

    def proposals(self) -> list[str]:
        """Its own texts that the transducer's hypotheses lack, where they could be the best.

        One cannot if it were not even with the transducer's best log-probability.
        """
        texts = {each.text for each in self.own}
        new = [each for text, each in self._known.items() if text not in texts]
        return [
            each.text for each in new if _mean(self._most, self._likelihood(each)) > self._least
        ]

    def ranked(self, hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
        """The hypotheses with the joint score as `log_prob`, best first."""
        self._score([each.text for each in hypotheses])
        both = [
            replace(
                each,
                log_prob=self._joint(each),
                boost=_mean(each.boost, 0.0),
            )
            for each in hypotheses
        ]
        return sorted(both, key=lambda each: -each.log_prob)

    def _score(self, texts: Iterable[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= zip(new, score(self._continuations, new), strict=True)

    def _joint(self, each: Hypothesis) -> float:
        """The mean of both log-probabilities, less what the transducer's loss is beyond bounds."""
        beyond = max(0.0, self._most - each.log_prob - TOLERATED_LOSS)
        return _mean(each.log_prob, self._likelihood(self._known[each.text])) - beyond

    def of_names(self, text: str) -> float:
        """How much of a ranked text's log-probability it owes to `LEAST_FOR_NAMES`."""
        scored = self._known[text]
        return _mean(0.0, self._likelihood(scored) - scored.log_prob)

    def _likelihood(self, scored: ScoredText) -> float:
        words = zip(scored.text.split(), scored.words, strict=True)
        return scored.end + sum(
            max(log_prob, LEAST_FOR_NAMES) if word in self._listed else log_prob
            for word, log_prob in words
        )


def _mean(transducer: float, decoder: float) -> float:
    return (1 - ATTENTION_WEIGHT) * transducer + ATTENTION_WEIGHT * decoder
