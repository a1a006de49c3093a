"""Understanding of a home's commands over the recogniser's hypotheses.

Every reading of a hypothesis has to account for the words of the best one (`accounting.py`); one
that does not is no reading of what was said. If the best hypothesis has a reading by its very
words, that is what is meant, and the others only tell how sure it is. Else the readings left are
weighed: hypothesis i with log-probability l_i has the weight w_i = exp(0.25 (l_i - l_1)), as a
recogniser's scores are far too sure of themselves, and a meaning m gets the support
S(m) = sum over i of w_i q_i(m), where q is how well the words fit it. A meaning of known devices is
preferred to one that names an unknown device (its quality is 0.4), and both to nothing. The
confidence is the best quality of the meaning times its share of all support. What is only likely
becomes a question.
"""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from assistant.endpointing.completeness import Completeness
from assistant.home.model import Home
from assistant.lattice.graph import Hypothesis, Word
from assistant.nlu.clauses import may_be_several
from assistant.nlu.completeness import CommandCompleteness
from assistant.nlu.compound import Compound
from assistant.nlu.grammar import Grammar
from assistant.nlu.habit_counts import Habit, habit_of
from assistant.nlu.habits import Habits
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import UNKNOWN_NAME
from assistant.nlu.pronouns import Antecedents
from assistant.nlu.referents import Referents
from assistant.nlu.resolver import Reading
from assistant.nlu.sentence_network import SentenceNetwork
from assistant.nlu.sentence_parser import SentenceParser
from assistant.nlu.several import decided_of_several, is_exact
from assistant.nlu.units import unit_of
from assistant.nlu.weighing import Weighing, likeliest_unfavoured, overtakes, without_sentences

_LOG = logging.getLogger(__name__)
_FURTHEST_NATS = 12.0
_SEVERAL_TRIED = 4
"""Hypotheses in which several commands are looked for."""
_WORTH_CONSIDERING = 0.85
"""A wording this much worse than the best one of a text is no rival to it."""


class HomeUnderstanding:
    """Implements `Understanding` for a `Home`; follows changes of its names and of the sentences.

    `intents`: names of the intents to understand (all that have sentences if left out).
    `sentences`: documents with more sentences, in hassil's format; `own_sentences` gives those that
    the user has now. `own_area`: id or name of the area in which the assistant stands; "the lights"
    are then those of that area. `habits`: what is asked for often; all alike if left out. Calls
    from several threads wait for each other.
    """

    def __init__(
        self,
        home: Home,
        *,
        intents: Iterable[str] | None = None,
        sentences: Sequence[Mapping[str, Any]] = (),
        own_sentences: Callable[[], Sequence[Mapping[str, Any]]] = tuple,
        own_area: str | None = None,
        referents: Referents | None = None,
        habits: Habits | None = None,
    ) -> None:
        self.referents = referents or Referents()
        """What "it" means; the dispatcher notes it here."""
        self._home = home
        self._own_area = own_area
        self._habits = habits
        self._intents = None if intents is None else frozenset(intents)
        self._sentences = tuple(sentences)
        self._own_sentences = own_sentences
        self._own = tuple(own_sentences())
        self._grammar = Grammar(self._intents, [*self._sentences, *self._own])
        self._known: tuple[object, ...] = ()
        self._parser: SentenceParser | None = None
        self._compound: Compound | None = None
        self._network: SentenceNetwork | None = None
        self._network_of: tuple[SentenceParser, Sequence[str]] | None = None
        self._one_at_a_time = threading.Lock()

    def in_area(self, area: str | None, referents: Referents) -> HomeUnderstanding:
        """The same understanding, as it is asked in another area, with what "it" means there."""
        other = copy.copy(self)
        other.referents = referents
        other._own_area = area  # noqa: SLF001 - ours
        other._known = ()  # noqa: SLF001
        other._parser = other._compound = other._network = None  # noqa: SLF001
        return other

    @property
    def sentences(self) -> int:
        """How many sentence templates there are."""
        with self._one_at_a_time:
            return len(self._current_grammar())

    @property
    def words_before(self) -> Mapping[str, frozenset[str]]:
        """For each kind of name, the words that can stand right before it in a sentence."""
        with self._one_at_a_time:
            return self._current_grammar().words_before

    def network(self, calls: Sequence[str] = ()) -> SentenceNetwork:
        """All that can be said to the home as it is now, alone or after one of the `calls`."""
        with self._one_at_a_time:
            parser = self._current_parser()
            if self._network is None or self._network_of != (parser, calls):
                self._network = SentenceNetwork(
                    self._grammar.graph, parser.index, calls, self._prior, self._shares
                )
                self._network_of = parser, calls
            return self._network

    def _prior(self, text: str) -> float:
        """How much likelier (natural log) a text is than a usual command, by the habits."""
        habit = self._habit(text) if self._habits else None
        return self._habits.prior(habit) if self._habits and habit else 0.0

    def _shares(self, text: str) -> tuple[int, int]:
        """How many words of a sentence are the home's own, and how many may be any."""
        words = text.split()
        with self._one_at_a_time:
            free = self._current_parser().free_words(words)
        return (0, 0) if free is None else (len(words) - free, free)

    def learn(self, command: Interpretation) -> None:
        """Count a command that was carried out among the habits, if its words are known ones."""
        habit = self._habit(command.text) if self._habits else None
        if self._habits and habit and habit.intent == command.intent:
            self._habits.note(habit)

    def is_command(self, text: str) -> bool:
        """Whether a text is a command of this home by its very words."""
        with self._one_at_a_time:
            return self._current_parser().command(text) is not None

    def _habit(self, text: str) -> Habit | None:
        """How a text counts that means something by its very words here."""
        with self._one_at_a_time:
            reading = self._current_parser().command(text)
        return None if reading is None else habit_of(reading)

    def _current_grammar(self) -> Grammar:
        """The grammar of the sentences as they are now."""
        own = tuple(self._own_sentences())
        if own != self._own:
            self._own = own
            try:
                self._grammar = Grammar(
                    self._intents, [*self._sentences, *own], before=self._grammar
                )
            except Exception as error:  # noqa: BLE001 - hassil raises what it likes
                _LOG.warning(
                    "your sentences cannot be used together and stay as they were: %s", error
                )
        return self._grammar

    def _current_parser(self) -> SentenceParser:
        """The parser for the home and the sentences as they are now."""
        known = (
            self._current_grammar(),
            tuple(self._home.areas()),
            tuple(self._home.devices()),
            tuple(self._home.contacts()),
            unit_of(self._home),
        )
        if self._parser is None or known != self._known:
            self._known = known
            self._parser = SentenceParser(self._grammar, self._home, self._own_area)
            self._compound = None
        return self._parser

    def _current_compound(self) -> Compound:
        """As the parser, for sentences of several commands."""
        parser = self._current_parser()
        if self._compound is None:
            self._compound = Compound(
                parser,
                self._home.areas(),
                self._home.devices(),
                lambda text: self._interpret([_certain(text)]),
            )
        return self._compound

    def interpret(self, nbest: Sequence[Hypothesis]) -> Interpretation:
        """The best interpretation over all the hypotheses (best first, never empty)."""
        with self._one_at_a_time:
            named = self.referents.named()
            likeliest = likeliest_unfavoured(nbest)
            if overtakes(likeliest, nbest[0]) and self._is_known(likeliest.text, named):
                nbest = without_sentences(nbest)
            meant = self._interpret_several(nbest, named) or self._interpret(nbest)
            if meant.intent is not None and UNKNOWN_NAME not in meant.slots:
                return meant
            return self._current_compound().missing(nbest[0].text) or meant

    def _is_known(self, text: str, named: Antecedents) -> bool:
        """Whether a text is a command or several, by its very words.

        A title or a list's item is no part of any sentence that could be favoured, so "set a pizza
        timer" must not become the likeliest sentence beside it.
        """
        if any(not each.unknown for each in self._current_parser().exact(text)):
            return True
        meant = self._current_compound().understand(text, named)
        return meant is not None and is_exact(meant)

    def _interpret_several(
        self, nbest: Sequence[Hypothesis], named: Antecedents
    ) -> Interpretation | None:
        """What is meant by a sentence that is not one command as it stands.

        A worse hypothesis counts only where it surely accounts for the words of the best one.
        """
        compound, heard = self._current_compound(), nbest[0]
        if not may_be_several(heard.text) or compound.is_single(heard.text, named):
            return None
        tried, likeliest = nbest[:_SEVERAL_TRIED], likeliest_unfavoured(nbest).text
        texts = dict.fromkeys((*(each.text for each in tried), likeliest))
        understood = {text: compound.understand(text, named) for text in texts}
        found = [(each, meant) for each in tried if (meant := understood[each.text]) is not None]
        without_favour = understood[likeliest] or compound.missing(likeliest)
        return decided_of_several(nbest, found, without_favour)

    def _interpret(self, nbest: Sequence[Hypothesis]) -> Interpretation:
        weighing, parser = Weighing(nbest), self._current_parser()
        weighing.note_unfavoured(parser.parse(weighing.unfavoured.text))
        for hypothesis in nbest:
            if nbest[0].log_prob - hypothesis.log_prob > _FURTHEST_NATS:
                break
            for reading in _competing(parser.parse(hypothesis.text)):
                weighing.add(hypothesis, reading)
        return weighing.decided()

    def interpret_text(self, text: str) -> Interpretation:
        """The interpretation of a text that is certain."""
        return self.interpret([_certain(text)])

    def explain(self, text: str) -> dict[str, Any]:
        """Which template a text matches, or which it came furthest in and where it failed."""
        from assistant.nlu.explanation import explain  # noqa: PLC0415 - rarely needed

        with self._one_at_a_time:
            meant = self._interpret([_certain(text)])
            return explain(text, meant, self._current_parser(), self._grammar)

    def completeness(self, text: str) -> Completeness:
        """How complete a command is in what was said so far; see `CommandCompleteness`."""
        with self._one_at_a_time:
            last = self._current_compound().last_clause(text, self.referents.named())
            return CommandCompleteness(self._current_parser()).of(last)


def _competing(readings: Sequence[Reading]) -> list[Reading]:
    """The best reading of each wording that the text may have been meant as, bad ones left out.

    Two parses of the same words (a name, or an area and a kind) are no doubt about what was said:
    the better one, which comes first, is meant.
    """
    wordings: dict[str, Reading] = {}
    for reading in readings:
        if reading.unknown or reading.quality >= _WORTH_CONSIDERING * readings[0].quality:
            wordings.setdefault(reading.text, reading)
    return list(wordings.values())


def _certain(text: str) -> Hypothesis:
    return Hypothesis(tuple(Word(word, 0.0, 0.0) for word in text.split()), 0.0)
