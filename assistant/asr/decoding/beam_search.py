"""Frame-synchronous beam search over a transducer's outputs.

At each encoder frame every state of the beam either stays (blank) or emits up to a few tokens.
The predictor sees only the last tokens, so two hypotheses that agree on those, on the unfinished
word and on the biaser's state have the same future: they are one state, their scores are summed,
and what they differ in is kept as a branch of the word graph. A beam of four such states stands
for many more hypotheses than four texts would.

A hypothesis within a listed name has been given a boost that it may not earn. So that it neither
has to earn it at once nor pushes out others in the meantime, the beam is kept by what the states
would be worth if the utterance ended there, and a few states within a name are kept besides.

Where every state is sure of a blank, no token is looked for (blank skipping, as in Wang et al.,
"Accelerating RNN-T training and inference using CTC guidance", 2023, where another layer tells).

A frame's last possible token moves on by itself, without a blank. With one token a frame this is
the search that icefall calls "modified beam search".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from assistant.asr.biasing.shallow_fusion import Biaser, NoBias
from assistant.asr.decoding.frames import SURE, ScoredFrame
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.decoding.word_graph import (
    START,
    Arc,
    LatticeNode,
    WordGraph,
    likelier,
    reachable,
)
from assistant.asr.networks.network import Floats
from assistant.asr.vocabulary.lexicon import Lexicon

FADING = 0.95
"""How much of an end-of-sentence probability is left after a frame without a token."""


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How widely to search."""

    beam: int = 4
    """States that are kept."""
    max_symbols_per_frame: int = 3
    """Tokens that one frame may emit."""
    beam_threshold: float = 8.0
    """What is this much below the best state (natural log) is dropped."""
    branches: int = 8
    """Beginnings of an unfinished word that a state remembers."""
    names: int = 4
    """States within an unfinished name that are kept besides."""
    bias_beam: float = 1.0
    """How far below the best state they may be, all their boost counted (natural log)."""


class Key(NamedTuple):
    """What decides a state's future."""

    context: int
    word: tuple[int, ...]
    """Tokens of the unfinished word."""
    bias: int


@dataclass(frozen=True, slots=True)
class Branch:
    """How the unfinished word of a state began: its share (log) of the state, its boost."""

    share: float
    boost: float


@dataclass(slots=True)
class BeamState:
    """A set of hypotheses with the same future. Never changed once it is in a beam."""

    key: Key
    log_prob: float
    """Logarithm of the summed score of all its alignments."""
    branches: dict[int, Branch]
    """By the node where the unfinished word began."""
    boost: float
    """Given to the word's later tokens, in every branch."""
    born: int
    """A number that stays the same while the state stays in the beam."""
    blanks: float
    """What blanks have cost since it was born (log)."""
    first: int
    last: int
    """Frames of the unfinished word's first and last token."""
    end_of_sentence: float
    """Greatest probability of the sentence's end since the last token, fading with time."""


class Boundary(NamedTuple):
    """The node that was made when a word was first begun from a state."""

    node: int
    branches: dict[int, Branch]
    blanks: float


class Search:
    """The search over one utterance's frames."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        settings: SearchSettings,
        bias: Biaser | None = None,
        lexicon: Lexicon | None = None,
    ) -> None:
        network = vocabulary.network
        self.frame = 0
        self._vocabulary = vocabulary
        self._settings = settings
        self._bias = bias or NoBias()
        self._lexicon = lexicon or Lexicon(network.tokens, None)
        self._blank = network.blank_id
        self._nodes: dict[int, LatticeNode] = {}
        self._boundaries: dict[int, Boundary] = {}
        self._made = 0
        self._born = 0
        key = Key(vocabulary.start, (), self._bias.start)
        self._states = [BeamState(key, 0.0, {START: Branch(0.0, 0.0)}, 0.0, 0, 0.0, 0, 0, 0.0)]

    def copy(self) -> Search:
        """A search that goes on from here by itself."""
        other = object.__new__(Search)
        other.__dict__.update(self.__dict__)
        other._nodes = dict(self._nodes)
        other._boundaries = dict(self._boundaries)
        return other

    @property
    def states(self) -> list[BeamState]:
        """The beam, best first."""
        return self._states

    @property
    def end_of_sentence(self) -> float:
        """Probability that the sentence is over, by the best state's newest frames."""
        return self._states[0].end_of_sentence

    def step(self, encoded: Floats) -> None:
        """Take the next encoder outputs [M, D]."""
        for frame in ScoredFrame.of(self._vocabulary, encoded):
            self.hear(frame)

    def hear(self, frame: ScoredFrame) -> None:
        """Take the next frame, of which others may know the scores already."""
        settings = self._settings
        ready: dict[Key, BeamState] = {}
        active = self._states
        for left in range(settings.max_symbols_per_frame, 0, -1):
            rows = frame.rows([state.key.context for state in active])
            log_probs, ends = frame.log_probs[rows], frame.ends[rows]
            self._stay(ready, active, log_probs, ends.tolist())
            if log_probs[:, self._blank].min() > SURE:
                active = []
                break
            emitted: dict[Key, BeamState] = {}
            for row, token, log_prob, boost in self._candidates(ready, active, log_probs):
                self._arrive(emitted, self._emit(active[row], token, log_prob, boost))
            active = self._best(emitted)
            if not active or left == 1:
                break
        for state in active:
            self._arrive(ready, state)
        self._states = self._best(ready)
        self.frame += 1

    def _stay(
        self,
        ready: dict[Key, BeamState],
        active: list[BeamState],
        log_probs: Floats,
        ends: list[float],
    ) -> None:
        blanks = log_probs[:, self._blank].tolist()
        for state, blank, end in zip(active, blanks, ends, strict=True):
            # Written out: `replace` would be a fifth of the search's time.
            stayed = BeamState(
                state.key,
                state.log_prob + blank,
                state.branches,
                state.boost,
                state.born,
                state.blanks + blank,
                state.first,
                state.last,
                max(end, FADING * state.end_of_sentence),
            )
            self._arrive(ready, stayed)

    def _candidates(
        self, ready: dict[Key, BeamState], active: list[BeamState], log_probs: Floats
    ) -> list[tuple[int, int, float, float]]:
        """Tokens worth emitting: row in `active`, token, log-probability after it, boost in it."""
        settings = self._settings
        totals = np.array([self._lexicon.costs(self._letters(state)) for state in active])
        totals += log_probs
        totals += np.array([[state.log_prob] for state in active], np.float32)
        totals[:, self._blank] = -np.inf
        states = [state.key.bias for state in active]
        onward = self._bias.onward(states)
        earned = totals
        if onward is not None:
            earned = totals + np.array([[self._unearned(state)] for state in active], np.float32)
        best = max(*map(self._earned, ready.values()), float(earned.max()))
        found = _greatest(earned, best - settings.beam_threshold, settings.beam)
        if onward is not None:
            in_names = _greatest(totals + onward, best - settings.bias_beam, settings.names)
            found = list(dict.fromkeys(found + in_names))
        given = [self._bias.boost(states[row], token) for row, token in found]
        return [
            (row, token, float(totals[row, token]) + boost, boost)
            for (row, token), boost in zip(found, given, strict=True)
        ]

    def _letters(self, state: BeamState) -> str:
        """The state's unfinished word."""
        return self._vocabulary.word(state.key.word)

    def _unearned(self, state: BeamState) -> float:
        """What is taken back if the state's name is not finished."""
        return self._bias.finish(state.key.bias)

    def _earned(self, state: BeamState) -> float:
        """The state's log-probability if the utterance ended here."""
        return state.log_prob + self._bias.finish(state.key.bias)

    def _emit(self, state: BeamState, token: int, log_prob: float, boost: float) -> BeamState:
        """The state after one more token."""
        self._born += 1
        context = self._vocabulary.context(state.key.context, token)
        bias = self._bias.next(state.key.bias, token)
        if self._vocabulary.begins[token] and state.key.word:
            branches = {self._boundary(state): Branch(0.0, boost)}
            key = Key(context, (token,), bias)
            return BeamState(
                key, log_prob, branches, 0.0, self._born, 0.0, self.frame, self.frame, 0.0
            )
        key = Key(context, (*state.key.word, token), bias)
        first = state.first if state.key.word else self.frame
        return BeamState(
            key,
            log_prob,
            state.branches,
            state.boost + boost,
            self._born,
            0.0,
            first,
            self.frame,
            0.0,
        )

    def _boundary(self, state: BeamState) -> int:
        """The node where the state's word ends and another begins.

        It is made once while the state stays in the beam. When later alignments have changed how
        the word can have begun, its arcs are counted again, as they would have stood then.
        """
        known = self._boundaries.get(state.born)
        if known is not None and known.branches is state.branches:
            return known.node
        if known is None or any(start >= known.node for start in state.branches):
            self._made += 1
            known = Boundary(self._made, state.branches, state.blanks)
        arcs = self._arcs(state, state.log_prob - (state.blanks - known.blanks))
        self._nodes[known.node] = LatticeNode.of(arcs)
        self._boundaries[state.born] = known._replace(branches=state.branches)
        return known.node

    def _arcs(self, state: BeamState, log_prob: float, boost: float = 0.0) -> tuple[Arc, ...]:
        word = self._bias.written(self._letters(state))
        return tuple(
            Arc(
                start,
                word,
                log_prob + branch.share,
                branch.boost + state.boost + boost,
                state.first,
                state.last,
            )
            for start, branch in state.branches.items()
        )

    def _arrive(self, states: dict[Key, BeamState], state: BeamState) -> None:
        other = states.get(state.key)
        states[state.key] = state if other is None else self._merged(other, state)

    def _merged(self, one: BeamState, other: BeamState) -> BeamState:
        """Two states with the same future as one; it keeps the name of the elder."""
        log_prob = likelier(one.log_prob, other.log_prob)
        likely = one if one.log_prob >= other.log_prob else other
        elder = one if one.born < other.born else other
        branches: dict[int, Branch] = {}
        for state in (one, other):
            for start, branch in state.branches.items():
                share, boost = branch.share + state.log_prob - log_prob, branch.boost + state.boost
                known = branches.get(start)
                if known is not None:
                    boost = boost if share > known.share else known.boost
                    share = likelier(share, known.share)
                branches[start] = Branch(share, boost)
        return replace(
            likely,
            log_prob=log_prob,
            branches=self._trimmed(branches),
            boost=0.0,
            born=elder.born,
            blanks=elder.blanks,
        )

    def _trimmed(self, branches: dict[int, Branch]) -> dict[int, Branch]:
        """The likeliest branches, their shares summing to one."""
        kept = sorted(branches.items(), key=lambda item: -item[1].share)[: self._settings.branches]
        kept = [
            item
            for item in kept
            if item[1].share > kept[0][1].share - self._settings.beam_threshold
        ]
        lost = math.log(sum(math.exp(branch.share) for _, branch in kept))
        return {start: replace(branch, share=branch.share - lost) for start, branch in kept}

    def _best(self, states: dict[Key, BeamState]) -> list[BeamState]:
        """The beam: the best states, best first, none too far below the best; then names."""
        settings = self._settings
        ranked = sorted(states.values(), key=self._earned, reverse=True)
        if not ranked:
            return []
        top = self._earned(ranked[0])
        least = top - settings.beam_threshold
        best = [state for state in ranked[: settings.beam] if self._earned(state) > least]
        in_names = [
            state
            for state in ranked[len(best) :]
            if state.log_prob > top - settings.bias_beam and self._unearned(state) < 0
        ]
        in_names.sort(key=lambda state: state.log_prob, reverse=True)
        return best + in_names[: settings.names]

    def compact(self) -> None:
        """Forget the words that no state of the beam can still have said."""
        born = {state.born for state in self._states}
        self._boundaries = {
            number: value for number, value in self._boundaries.items() if number in born
        }
        starts = {start for state in self._states for start in state.branches}
        starts |= {boundary.node for boundary in self._boundaries.values()}
        self._nodes = reachable(self._nodes, starts)

    def graph(self, frame_s: float) -> WordGraph:
        """The words so far. A boost that an unfinished name has not earned is taken back."""
        final: list[Arc] = []
        for state in self._states:
            correction = self._bias.finish(state.key.bias)
            log_prob = state.log_prob + correction + self._lexicon.ending(self._letters(state))
            final += self._arcs(state, log_prob, correction)
        nodes = reachable(self._nodes, (arc.start for arc in final))
        return WordGraph(nodes, tuple(final), frame_s)


def _greatest(values: Floats, least: float, count: int) -> list[tuple[int, int]]:
    """Row and column of the `count` greatest values above `least`."""
    rows, columns = np.nonzero(values > least)
    if len(rows) > count:
        kept = np.argpartition(-values[rows, columns], count - 1)[:count]
        rows, columns = rows[kept], columns[kept]
    return list(zip(rows.tolist(), columns.tolist(), strict=True))
