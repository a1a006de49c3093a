"""Which of several commands in one sentence are meant, and how sure that is.

What single commands are weighed by (`weighing.py`), for hypotheses that hold several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.lattice.graph import Hypothesis
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.weighing import (
    CLOSE_TO_OTHER_NATS,
    accounts_for,
    evidence_of,
    likeliest_unfavoured,
    loses_telling,
    meaning_of,
    weight,
    words_of,
)


def decided_of_several(
    nbest: Sequence[Hypothesis],
    found: Sequence[tuple[Hypothesis, Interpretation]],
    likeliest: Interpretation | None,
) -> Interpretation | None:
    """What is meant, of what was found in some of the hypotheses (best first), if anything is.

    A worse hypothesis counts only where it surely accounts for the words of the best one.
    `likeliest` is what the likeliest words mean if nothing is favoured, if only that the home lacks
    something.
    """
    heard = nbest[0]
    meant = next((meant for each, meant in found if accounts_for(heard, each)), None)
    if meant is None:
        return None
    support: dict[tuple[object, ...], float] = {}
    said: dict[tuple[object, ...], list[Hypothesis]] = {}
    for each, meaning in found:
        key = meaning_of(meaning)
        support[key] = support.get(key, 0.0) + weight(heard.log_prob - each.log_prob)
        if is_exact(meaning):
            said.setdefault(key, []).append(each)
    key = meaning_of(meant)
    sure = meant.with_confidence(round(support[key] / sum(support.values()), 4))
    other = likeliest is not None and meaning_of(likeliest) != key
    question = sure.question or _question(nbest, other=other)
    evidence = evidence_of(key, said, nbest, commands=len(meant.commands))
    return replace(sure, evidence=evidence, question=question)


def is_exact(meant: Interpretation) -> bool:
    """Whether every command is meant by its very words."""
    return not any(command.reason for command in meant.commands)


def _question(nbest: Sequence[Hypothesis], *, other: bool) -> str:
    """To ask where likelier words, which a favoured sentence won over, mean something else.

    `other`: whether they do as far as is understood.
    """
    heard, likeliest = nbest[0], likeliest_unfavoured(nbest)
    if heard.sentence_boost <= 0:
        return ""
    lost = loses_telling(words_of(likeliest), words_of(heard))
    lost |= other and likeliest.own_log_prob - heard.own_log_prob > CLOSE_TO_OTHER_NATS
    return f"Did you mean: {heard.text}?" if lost else ""
