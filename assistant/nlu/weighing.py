"""Which reading of which hypothesis is meant, how sure that is, and whether it has to be asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.lattice.graph import Hypothesis, log_sum_exp
from assistant.nlu.accounting import LIKELY, SURE, TELLING, Evidence, likeness
from assistant.nlu.agreement import values_of
from assistant.nlu.interpretation import Interpretation, SentenceEvidence
from assistant.nlu.resolver import Reading
from assistant.nlu.tokens import split_words, without_fillers

_TEMPERATURE = 4.0
_CLOSE_NATS = 4.0
"""A hypothesis further behind the best one is acted on only after a question."""
CLOSE_TO_OTHER_NATS = 1.0
"""A sentence of the home that is less likely than other words by more has to be asked about, where
those mean something themselves, if only a thing that the home lacks."""
_MOST_NATS = 8.0
"""By which a sentence counts as likelier where nothing else was heard."""
_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A reading of a hypothesis, and how it stands to what was heard best."""

    reading: Reading
    exact: bool
    """Whether it has the very words of the best hypothesis."""
    weight: float
    likeness: float
    """How far its words account for the best hypothesis' words; 0: not enough to be meant."""
    sure: bool
    """Whether it may be acted on without a question, as far as the words tell."""

    @property
    def support(self) -> float:
        """What it adds to its meaning's support."""
        return self.weight * self.reading.quality


class Weighing:
    """Weighs the readings of the hypotheses (best first, never empty) of one utterance."""

    def __init__(self, nbest: Sequence[Hypothesis]) -> None:
        self._nbest = nbest
        self._heard = words_of(nbest[0])
        self.unfavoured = likeliest_unfavoured(nbest)
        """What was heard likeliest, without what biasing gave."""
        self._heard_unfavoured = words_of(self.unfavoured)
        self._best_unfavoured = self.unfavoured.own_log_prob
        self._meanings: dict[tuple[object, ...], list[_Candidate]] = {}
        self._names_unknown = False
        """Whether the best hypothesis names something that the home lacks."""
        self._said: dict[tuple[object, ...], list[Hypothesis]] = {}
        """By their meaning, the hypotheses that are sentences of the home, word for word."""
        self._unfavoured_meanings: frozenset[tuple[object, ...]] = frozenset()
        """What the likeliest words without any favour mean."""

    def note_unfavoured(self, readings: Sequence[Reading]) -> None:
        """Take the readings of the likeliest words, before any reading is added."""
        exact = (each for each in readings if tuple(each.text.split()) == self._heard_unfavoured)
        self._unfavoured_meanings = frozenset(map(_key, exact))

    def add(self, hypothesis: Hypothesis, reading: Reading) -> None:
        """Take a reading of a hypothesis."""
        words = tuple(reading.text.split())
        exact = words == self._heard
        self._names_unknown |= exact and reading.unknown
        behind = self._nbest[0].log_prob - hypothesis.log_prob
        best = hypothesis is self._nbest[0]
        like = likeness(self._heard, words, Evidence.NONE if best else Evidence.ALSO_HEARD)
        sure = (
            like >= SURE
            and behind <= _CLOSE_NATS
            and likeness(self._heard_unfavoured, words, Evidence.FAVOURED) >= LIKELY
            and not (self._names_unknown and likeness(self._heard, words) < SURE)
        )
        # A name that the home lacks is one only if it was heard best.
        accounts = (
            like >= LIKELY
            and (exact or not reading.unknown)
            and not (self._names_unknown and behind > _CLOSE_NATS)
        )
        key = _key(reading)
        if words == words_of(hypothesis) and not reading.unknown:
            self._said.setdefault(key, []).append(hypothesis)
        needed = self._favour_needed(hypothesis, words)
        other = self._unfavoured_meanings and key not in self._unfavoured_meanings
        close = not (other or self._names_unknown) or needed <= CLOSE_TO_OTHER_NATS
        if behind <= _CLOSE_NATS and needed <= hypothesis.boost:
            # What lost to other, unlike words in spite of its favour is only asked about.
            like, accounts, sure = max(like, LIKELY), True, sure or (close and best)
        if not close:
            sure = sure and likeness(self._heard_unfavoured, words) >= SURE
        accounted = like if accounts else 0.0
        candidate = _Candidate(reading, exact, weight(behind), accounted, sure)
        self._meanings.setdefault(key, []).append(candidate)

    def _favour_needed(self, hypothesis: Hypothesis, words: Sequence[str]) -> float:
        """How much likelier (nats) any other words are than a favoured sentence of the home.

        Words that change what is meant are never explained away, and what is no sentence of the
        home has no favour; nor has what the hypothesis was corrected to.
        """
        if tuple(words) != words_of(hypothesis):
            return math.inf
        if loses_telling(self._heard_unfavoured, words):
            return math.inf
        if hypothesis.sentence_boost <= 0:
            return math.inf
        return self._best_unfavoured - hypothesis.own_log_prob

    def decided(self) -> Interpretation:
        """What is meant; no intent if nothing is that accounts for what was heard."""
        known = {key: all_ for key, all_ in self._meanings.items() if not all_[0].reading.unknown}
        ranked = sorted(known.values(), key=_rank, reverse=True)
        if not ranked or not _accounts(ranked[0]):
            ranked = [all_ for all_ in self._meanings.values() if all_[0].reading.unknown]
            ranked.sort(key=_rank, reverse=True)
        if not ranked or not _accounts(ranked[0]):
            return Interpretation(self._nbest[0].text, None)
        total = sum(candidate.support for meaning in ranked for candidate in meaning)
        first, *rest = (self._interpretation(meaning, total) for meaning in ranked)
        others = [*_each(first), *rest]
        return replace(first, alternatives=tuple(others[:_ALTERNATIVES]))

    def _interpretation(self, meaning: Sequence[_Candidate], total: float) -> Interpretation:
        best = max(meaning, key=lambda candidate: candidate.likeness * candidate.support)
        share = sum(candidate.support for candidate in meaning) / total
        reading = best.reading
        sure = any(candidate.sure for candidate in meaning)
        heard = " ".join(self._heard)
        return Interpretation(
            text=reading.text,
            intent=reading.intent,
            slots=reading.slots,
            targets=reading.targets,
            confidence=round(best.likeness * reading.quality * share, 4),
            reason="" if best.exact else f"heard as: {heard}",
            question=_question(reading, sure=sure),
            evidence=evidence_of(_key(reading), self._said, self._nbest),
            free_words=reading.free_words,
        )


def evidence_of(
    key: tuple[object, ...],
    said: Mapping[tuple[object, ...], Sequence[Hypothesis]],
    nbest: Sequence[Hypothesis],
    *,
    commands: int = 1,
) -> SentenceEvidence | None:
    """How likely a meaning's sentences are, beside the others and all that are none.

    `said`: by their meaning, the hypotheses that say it in the very words of a sentence, which
    holds so many `commands`.
    """
    own = said.get(key)
    if not own:
        return None
    best, score = likeliest_unfavoured(own), log_sum_exp(map(_own, own))
    others = [log_sum_exp(map(_own, s)) for k, s in said.items() if k != key]
    sentences = [hypothesis for meaning in said.values() for hypothesis in meaning]
    rest = [each.own_log_prob for each in nbest if each not in sentences]
    return SentenceEvidence(
        over_others=score - max(others, default=score - _MOST_NATS),
        over_rest=score - max(rest, default=score - _MOST_NATS),
        per_letter=best.per_letter,
        words=len(best.words),
        commands=commands,
    )


def _question(reading: Reading, *, sure: bool) -> str:
    if reading.unknown or (sure and not reading.did_you_mean):
        return ""
    return f"Did you mean: {reading.did_you_mean or reading.text}?"


def without_sentences(nbest: Sequence[Hypothesis]) -> list[Hypothesis]:
    """The hypotheses as they would be if no sentence of the home were favoured, best first."""
    plain = [
        replace(
            each,
            log_prob=each.log_prob - each.sentence_boost,
            boost=each.boost - each.sentence_boost,
            sentence_boost=0.0,
        )
        for each in nbest
    ]
    return sorted(plain, key=lambda each: -each.log_prob)


def overtakes(other: Hypothesis, favoured: Hypothesis) -> bool:
    """Whether words would be much likelier than a sentence of the home, were that not favoured."""
    behind = other.own_log_prob - favoured.own_log_prob
    return favoured.sentence_boost > 0 and behind > _CLOSE_NATS


def loses_telling(heard: Sequence[str], words: Sequence[str]) -> bool:
    """Whether words lack some of what was heard that change what is meant ("not", "unless")."""
    return not TELLING.intersection(heard).issubset(words)


def likeliest_unfavoured(nbest: Sequence[Hypothesis]) -> Hypothesis:
    """What was heard likeliest, without what biasing gave."""
    return max(nbest, key=_own)


def _own(hypothesis: Hypothesis) -> float:
    return hypothesis.own_log_prob


def weight(behind: float) -> float:
    """Of a hypothesis that is so many nats behind the best one."""
    return math.exp(-behind / _TEMPERATURE)


def accounts_for(heard: Hypothesis, other: Hypothesis) -> bool:
    """Whether another hypothesis may be acted on without a question, as far as its words tell."""
    close = heard.log_prob - other.log_prob <= _CLOSE_NATS
    evidence = Evidence.NONE if other is heard else Evidence.ALSO_HEARD
    return close and likeness(words_of(heard), words_of(other), evidence) >= SURE


def meaning_of(interpretation: Interpretation) -> tuple[object, ...]:
    """The same for interpretations that mean the same."""
    return tuple(_key(command) for command in interpretation.commands)


def words_of(hypothesis: Hypothesis) -> tuple[str, ...]:
    """Its words without what is said only to be polite."""
    return tuple(without_fillers(split_words(hypothesis.text)))


def _key(reading: Reading | Interpretation) -> tuple[object, ...]:
    """What is to be done to which devices, however these were named."""
    values = sorted((name, str(value)) for name, value in values_of(reading).items())
    return reading.intent, reading.targets, tuple(values)


def _rank(meaning: Sequence[_Candidate]) -> tuple[bool, bool, float]:
    """What the best hypothesis' very words mean comes first, then what has most support."""
    exact = any(candidate.exact for candidate in meaning)
    return exact, _accounts(meaning), sum(candidate.support for candidate in meaning)


def _accounts(meaning: Sequence[_Candidate]) -> bool:
    return any(candidate.likeness for candidate in meaning)


def _each(interpretation: Interpretation) -> list[Interpretation]:
    """What an ambiguous name may mean: the interpretation with each of its devices alone."""
    if "name" not in interpretation.slots or len(interpretation.targets) == 1:
        return []
    share = interpretation.confidence / max(1, len(interpretation.targets))
    return [
        replace(interpretation, targets=(target,), confidence=round(share, 4))
        for target in interpretation.targets
    ]
