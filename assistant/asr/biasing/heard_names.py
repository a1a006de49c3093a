"""The names of a list that an utterance may say, by their sound.

Out of thousands of names an utterance says a few. Which ones could be said is looked for in the
phonemes that it says (`phonemes`, `spotting`), and the search favours those alone, each by how
surely it was heard: so a long list costs what a short one does, a name that sounds like nothing in
the utterance draws no word to itself, and one that is spelled otherwise than it is said is found.
Two stages as in "Deferred NAM" (Wu et al., arXiv 2404.10180), the first by sound (as PROCTER does,
Pandey et al., arXiv 2303.17131), the second by shallow fusion.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from assistant.asr.biasing.phonemes import BLANK, FRAMES_PER_OUTPUT, PhonemeNetwork
from assistant.asr.biasing.pronunciation import Pronounce
from assistant.asr.biasing.spotting import Spotter
from assistant.asr.networks.ctc import condensed
from assistant.asr.networks.network import Floats
from assistant.asr.result import BiasPhrase, HeardName
from assistant.asr.vocabulary.spelling import spelled
from assistant.lattice.graph import Hypothesis

_SURE: Final = -0.05
"""A frame is nothing but blank from this log-probability on."""
MOST: Final = 12
"""Names that are favoured in one utterance."""
PROPOSED: Final = 3
"""How many of them are put into a hypothesis where the search has not."""
NEAR_S: Final = 0.02
"""How far outside of a name the middle of a word that it replaces may lie."""
AROUND_S: Final = 0.1
"""How far outside of a name the middle of its words may lie."""
EVIDENT: Final = (10.0, 20.0)
EVIDENCE: Final = 4.0
"""What a name is worth, in nats, to a hypothesis that writes it where it was heard: none of it at
the first of these margins, all of it from the second on."""
FOR_PHONEME: Final = 3.0
"""What each phoneme of a name is worth, in nats: a long one is not found by chance."""
SOUGHT_FOR_PHONEME: Final = 5.0
"""The same where it is only asked which names might have been said: a search for what nobody says
as it is spelled may not be strict, and what it has found the decoders judge."""
LEAST: Final = 2.0
SURE: Final = 15.0
"""The least margin with which a name is favoured, and one that no greater one is surer than."""
FAVOUR: Final = (0.6, 1.0)
"""How much a name counts at these margins, against one in a list that nobody has looked through."""


class HeardNames:
    """Finds the names of one list."""

    def __init__(
        self,
        network: PhonemeNetwork,
        phrases: Sequence[BiasPhrase],
        pronounce: Pronounce,
        output_s: float,
    ) -> None:
        """`output_s` is how long an encoder output lasts."""
        self._network, self._output_s = network, output_s
        texts = [(phrase, text) for phrase in phrases for text in _said(phrase)]
        known = pronounce(word for _, text in texts for word in text.split())
        said = dict.fromkeys(
            (phrase, tuple(network.numbers("".join(sounds))))
            for phrase, text in texts
            for sounds in zip(*(known.get(word, ()) for word in text.split()), strict=False)
        )
        self._phrases = [phrase for phrase, _ in said]
        self._spotter = Spotter([numbers for _, numbers in said])
        spoken = set(self._phrases)
        self._unknown = tuple(phrase for phrase in phrases if phrase not in spoken)

    def said(self, heard: Floats) -> list[HeardName]:
        """The names that an utterance [M, D] may say, the surest first."""
        log_probs, frames = condensed(self._network.log_probs(heard), BLANK, _SURE)
        likeliest = self._likeliest(self._spotter.scores(log_probs))
        places = self._spotter.places([number for number, _ in likeliest], log_probs)
        frame_s = self._output_s / FRAMES_PER_OUTPUT
        return [
            HeardName(
                *(self._phrases[number], margin),
                *(int(frames[first]) * frame_s, int(frames[last] + 1) * frame_s),
            )
            for (number, margin), (first, last) in zip(likeliest, places, strict=True)
        ]

    def favoured(self, said: Iterable[HeardName]) -> list[BiasPhrase]:
        """Those names, the surer the more, and the ones that nobody knows how to say."""
        names = [
            replace(name.phrase, weight=name.phrase.weight * favour(name.margin)) for name in said
        ]
        return [*names, *self._unknown]

    def _likeliest(self, scores: Floats) -> list[tuple[int, float]]:
        """Numbers of the sounds that fit best, one for each name, and their margins."""
        margins = scores + FOR_PHONEME * self._spotter.lengths
        ranks = scores + SOUGHT_FOR_PHONEME * self._spotter.lengths
        found: dict[BiasPhrase, tuple[int, float]] = {}
        for number in np.argsort(-ranks).tolist():
            if ranks[number] <= LEAST or len(found) == MOST:
                break
            found.setdefault(self._phrases[number], (number, float(margins[number])))
        return list(found.values())


def proposed(best: Hypothesis, said: Sequence[HeardName]) -> list[str]:
    """The words of a hypothesis with each of the surest names in place of what stands there.

    A name that is spelled otherwise than it is said may be lost to the search at its first letter;
    so both decoders are asked what they make of it.
    """
    texts = []
    for name in said[:PROPOSED]:
        first_s, last_s = name.start_s - NEAR_S, name.end_s + NEAR_S
        middles_s = [(word.start_s + word.end_s) / 2 for word in best.words]
        there = [number for number, at in enumerate(middles_s) if first_s <= at <= last_s]
        if there:
            words = [word.text for word in best.words]
            words[there[0] : there[-1] + 1] = [spelled(name.phrase.text)]
            texts.append(" ".join(words))
    return texts


def evidence(hypothesis: Hypothesis, said: Sequence[HeardName]) -> float:
    """What speaks for a hypothesis in nats, because it writes names where they were heard.

    Of names that were heard in the same place only the surest that it writes counts: else it would
    pay to write "bedroom" and "bedroom light" there.
    """
    counted = list[HeardName]()
    for name in said:
        free = all(name.start_s >= each.end_s or each.start_s >= name.end_s for each in counted)
        if free and _writes(hypothesis, name):
            counted.append(name)
    return sum(float(np.interp(name.margin, EVIDENT, (0.0, EVIDENCE))) for name in counted)


def _writes(hypothesis: Hypothesis, name: HeardName) -> bool:
    """Whether a hypothesis has the name where it was heard."""
    wanted, words = spelled(name.phrase.text).split(), hypothesis.words
    first_s, last_s = name.start_s - AROUND_S, name.end_s + AROUND_S
    for at in range(len(words) - len(wanted) + 1):
        span = words[at : at + len(wanted)]
        middle_s = (span[0].start_s + span[-1].end_s) / 2
        if [word.text for word in span] == wanted and first_s <= middle_s <= last_s:
            return True
    return False


def favour(margin: float) -> float:
    """How much a name counts that was heard with a margin."""
    return float(np.interp(margin, (LEAST, SURE), FAVOUR))


def _said(phrase: BiasPhrase) -> Iterable[str]:
    """A name as it is written, and what it sounds like."""
    return filter(None, map(spelled, (phrase.text, *phrase.sounds_like)))
