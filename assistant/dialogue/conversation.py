"""What is said in a conversation: by itself, or as an answer, a correction, or more of the same.

After a question the answer comes first: which one is meant, a no, what was lacking. Else words
count by themselves if they are a command; if not, they may go on from the last one: "and the
bedroom" is that command about the bedroom, "no, the other one" puts the wrong device back, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.dialogue.answers import NO, Answers
from assistant.dialogue.choice import HomeOptions
from assistant.dialogue.ellipsis import Ellipses
from assistant.dialogue.state import Dialogue, Exchange
from assistant.endpointing.completeness import Completeness
from assistant.home.model import Home
from assistant.lattice.graph import Hypothesis
from assistant.nlu.accounting import LIKELY, Evidence, likeness
from assistant.nlu.clauses import Words
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.tokens import HESITATIONS, split_words
from assistant.nlu.understanding import HomeUnderstanding
from assistant.plugins.api import Asks

_CLOSE_NATS = 4.0
"""What is further behind the best hypothesis is not taken for an answer."""
_FEW = 3
"""Words of an answer that may be taken for others as close: "both" for "but"."""
_MORE = (("and",), ("also",), ("what", "about"), ("how", "about"))
_TOO = (("too",), ("as", "well"))
_REFUSING = (
    ("no", "i", "meant"),
    ("no", "i", "mean"),
    ("no", "not", "that"),
    ("no",),
    ("i", "meant"),
)


class Conversation:
    """Understands what is said in the light of what was said before; implements `Understanding`."""

    def __init__(self, words: HomeUnderstanding, home: Home, dialogue: Dialogue) -> None:
        self._home_words = words
        self._home = home
        self._dialogue = dialogue
        options = HomeOptions(home)
        self._answers = Answers(words, options)
        self._ellipses = Ellipses(words, home, options, self._answers)

    def interpret(self, nbest: Sequence[Hypothesis]) -> Interpretation:
        """The best interpretation over all the hypotheses (best first, never empty)."""
        last = self._dialogue.last
        if last is not None and (found := self._of_close(nbest, last)):
            return found
        return self._home_words.interpret(nbest)

    def interpret_text(self, text: str) -> Interpretation:
        """The interpretation of a text that is certain."""
        last = self._dialogue.last
        found = self._in_context(split_words(text), last) if last else None
        return found or self._home_words.interpret_text(text)

    def completeness(self, text: str) -> Completeness:
        """How complete what was said is; whoever answers has said it all, but for a mere no."""
        last = self._dialogue.last
        said = split_words(text)
        if last is not None and last.asks is Asks.CODE:
            return Completeness.OPEN  # digits are said with pauses, and how many is a secret
        if last is not None and self._in_context(said, last):
            return Completeness.OPEN if _plain(said) in NO else Completeness.COMPLETE
        return self._home_words.completeness(text)

    def _of_close(self, nbest: Sequence[Hypothesis], last: Exchange) -> Interpretation | None:
        """What an answer means that is likely, or likely among what sounds like it.

        An answer of a few words is hardly told from others by what stands around it.
        """
        heard = nbest[0]
        said = tuple(split_words(heard.text))
        evidence = Evidence.ASKED if last.asks else Evidence.ALSO_HEARD
        for hypothesis in nbest:
            if heard.log_prob - hypothesis.log_prob > _CLOSE_NATS:
                break
            words = tuple(split_words(hypothesis.text))
            of_few = last.asks and len(said) == len(words) <= _FEW
            if not of_few and likeness(said, words, evidence) < LIKELY:
                continue
            if found := self._in_context(words, last):
                reason = "" if hypothesis is heard else f"heard as: {heard.text}"
                return replace(found, reason=reason or found.reason)
        return None

    def _in_context(self, said: Sequence[str], last: Exchange) -> Interpretation | None:
        """What some words mean after the last exchange, if they need it to mean something."""
        words = _plain(said)
        found = self._answer_or_more(words, last) if words else None
        if found is None:
            return None
        reason = found.reason
        if not last.asks and self._opens(found) and not self._opens(last.meant):
            reason = f"it opens, which {last.meant.text!r} does not"
        return replace(found, answers=True, evidence=None, reason=reason)

    def _opens(self, meant: Interpretation) -> bool:
        """Whether it opens what keeps people out."""
        intents = {device: str(each.intent) for each in meant.commands for device in each.targets}
        return any(
            each.id in intents and each.is_opened_by(intents[each.id])
            for each in self._home.devices()
        )

    def _answer_or_more(self, words: Words, last: Exchange) -> Interpretation | None:
        if last.asks and (found := self._answers.understand(words, last)):
            return found
        if rest := _after(words, _REFUSING):
            found = self._ellipses.instead(rest, last)
            return None if found is None else replace(found, takes_back=True)
        more = _after(words, _MORE)
        if rest := _before(more or words, _TOO) or more:
            return self._ellipses.more(rest, last)
        return self._ellipses.other(words, last) or self._ellipses.of_timer(words, last)


_OPENING = frozenset({"please", "okay", "ok", "oh", "well", "so"})
_CLOSING = frozenset({"please", "thanks"})


def _plain(said: Sequence[str]) -> Words:
    """The words without what only fills or is polite; "and" and "no" tell what is meant."""
    words = [word for word in said if word not in HESITATIONS]
    while words[:1] and words[0] in _OPENING:
        del words[0]
    while words[-1:] and words[-1] in _CLOSING and len(words) > 1:
        del words[-1]
    return tuple(words)


def _after(words: Words, beginnings: Sequence[Words]) -> Words:
    """What follows one of some beginnings."""
    for beginning in beginnings:
        if words[: len(beginning)] == beginning:
            return words[len(beginning) :]
    return ()


def _before(words: Words, endings: Sequence[Words]) -> Words:
    """What one of some endings follows."""
    for ending in endings:
        if words[-len(ending) :] == ending:
            return words[: -len(ending)]
    return ()
