"""Words and the way they were said, joined: how likely a turn is over, and how long to wait."""

from dataclasses import replace

import pytest

from assistant.endpointing.completeness import Completeness
from assistant.endpointing.endpointer import EndpointFeatures
from assistant.endpointing.pauses import STYLES, FinalEndpointer, SpeculativeEndpointer
from assistant.endpointing.turn_evidence import VOICE, WORDS, probability

HEARD = EndpointFeatures(
    heard_s=2.0,
    spoken_s=1.5,
    silence_s=0.0,
    has_words=True,
    end_of_sentence=1.0,
    completeness=Completeness.LIKELY,
    turn_end=0.0,
)
WAITS = STYLES["normal"].final
WORDS_KNOW = (Completeness.OPEN, Completeness.INCOMPLETE)


@pytest.mark.parametrize("completeness", Completeness)
def test_both_kinds_of_evidence_add_up(completeness):
    even = probability(completeness, -WORDS[completeness] / VOICE)
    assert even == pytest.approx(0.5)
    assert probability(completeness, 1.0) > probability(completeness, 0.0)


def test_a_whole_command_is_surer_over_than_one_that_was_begun():
    sure = {kind: probability(kind, 0.0) for kind in Completeness}
    assert sure[Completeness.COMPLETE] > sure[Completeness.OPEN] > sure[Completeness.INCOMPLETE]
    assert sure[Completeness.LIKELY] > 0.5 > sure[Completeness.UNSURE]


def test_however_sure_a_voice_is_there_is_a_number():
    assert probability(Completeness.LIKELY, 80.0) == pytest.approx(1.0)
    assert probability(Completeness.LIKELY, -80.0) == pytest.approx(0.0)


@pytest.mark.parametrize("completeness", set(Completeness) - set(WORDS_KNOW))
def test_a_voice_that_ends_is_waited_for_less_than_one_that_goes_on(completeness):
    ends, goes_on = (
        WAITS.required_s(replace(HEARD, completeness=completeness, turn_end=odds))
        for odds in (4.0, -4.0)
    )
    assert ends < goes_on
    assert ends == pytest.approx((1 - WAITS.turn_end_share) * goes_on, rel=0.1)


@pytest.mark.parametrize("completeness", WORDS_KNOW)
def test_unfinished_words_are_waited_for_whatever_the_voice_does(completeness):
    waits = {
        WAITS.required_s(replace(HEARD, completeness=completeness, turn_end=odds))
        for odds in (None, -9.0, 9.0)
    }
    assert len(waits) == 1


def test_where_no_voice_tells_the_recogniser_does():
    silent = replace(HEARD, turn_end=None)
    assert WAITS.required_s(silent) == pytest.approx(
        WAITS.likely_s * (1 - WAITS.end_of_sentence_share)
    )
    assert WAITS.required_s(replace(silent, end_of_sentence=0.0)) == WAITS.likely_s


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("completeness", Completeness)
@pytest.mark.parametrize("odds", [-5.0, 0.0, 5.0])
def test_speculation_comes_first(style, completeness, odds):
    features = replace(HEARD, completeness=completeness, turn_end=odds)
    early, final = STYLES[style].speculative, STYLES[style].final
    assert final.required_s(features) - early.required_s(features) >= 0.09
    at = replace(features, silence_s=early.required_s(features))
    assert SpeculativeEndpointer(early).decide(at)
    assert FinalEndpointer(final).decide(at) is None
