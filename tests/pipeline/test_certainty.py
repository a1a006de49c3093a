"""How sure a meaning is: by what its sentence competes with, for one decoder and for two."""

from dataclasses import replace

import pytest

from assistant.asr.result import RecognitionResult
from assistant.lattice.from_nbest import lattice_of
from assistant.lattice.graph import Hypothesis, Word
from assistant.nlu.interpretation import Interpretation, SentenceEvidence
from assistant.pipeline.certainty import certainty, doubted

TEXT = "turn the kitchen light on"
LEAST = 0.4
CLEAR = SentenceEvidence(over_others=8.0, over_rest=1.0, per_letter=-0.1, words=6)
OTHER_SPEECH = SentenceEvidence(over_others=2.0, over_rest=-18.0, per_letter=-1.2, words=6)


def result(*, both):
    words = tuple(Word(word, 0.0, 0.0) for word in TEXT.split())
    nbest = (Hypothesis(words, -3.0, 10.0, 10.0),)
    return RecognitionResult(nbest, lattice_of(nbest), 0.0, 0.0, by_both_decoders=both)


def meant(evidence):
    return Interpretation(TEXT, "HassTurnOn", {"name": "kitchen light"}, evidence=evidence)


def sure(evidence, *, both):
    return certainty(meant(evidence), result(both=both))


@pytest.mark.parametrize("both", [False, True])
def test_a_clear_sentence_is_done_and_other_speech_is_not(both):
    clear, other = sure(CLEAR, both=both), sure(OTHER_SPEECH, both=both)
    assert clear >= LEAST > LEAST / 2 > other
    assert doubted(meant(CLEAR), "", clear, LEAST) == meant(CLEAR)
    assert doubted(meant(OTHER_SPEECH), "", other, LEAST).intent is None


def test_what_a_sentence_is_favoured_by_says_nothing_of_an_answer():
    favoured = Hypothesis((Word("ten", 0.0, 0.0), Word("minutes", 0.0, 0.0)), -0.5, 6.0, 6.0)
    plain = Hypothesis((Word("the", 0.0, 0.0), *favoured.words), -1.0)
    nbest = (favoured, plain)
    heard = RecognitionResult(nbest, lattice_of(nbest), 0.0, 0.0, by_both_decoders=True)
    answer = replace(meant(None), answers=True)
    assert certainty(meant(None), heard) < LEAST / 2 < LEAST < certainty(answer, heard)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("worse", [{"over_others": -3.0}, {"per_letter": -0.6}, {"words": 2}])
def test_whatever_speaks_against_it_makes_it_less_sure(worse, both):
    assert sure(replace(CLEAR, **worse), both=both) < sure(CLEAR, both=both)


def test_other_words_that_are_likelier_speak_against_it_most_where_two_decoders_say_so():
    behind = replace(CLEAR, over_rest=-9.0)
    alone, by_both = (sure(CLEAR, both=both) - sure(behind, both=both) for both in (False, True))
    assert 0 < alone < by_both


@pytest.mark.parametrize("both", [False, True])
def test_two_short_commands_are_no_surer_than_one(both):
    two = replace(CLEAR, words=2 * CLEAR.words, commands=2)
    assert sure(two, both=both) == sure(CLEAR, both=both)


def test_a_transducer_alone_may_hear_a_sentence_worse_than_two_decoders():
    """Its own words are often wrong, so it says less that they are likelier than the sentence."""
    rough = SentenceEvidence(over_others=8.0, over_rest=-15.0, per_letter=-0.6, words=7)
    assert sure(rough, both=False) >= LEAST > sure(rough, both=True)


def test_sentences_with_words_left_out_do_not_count_against_what_a_transducer_hears():
    less, least = replace(CLEAR, over_others=-2.0), replace(CLEAR, over_others=-12.0)
    assert sure(less, both=False) == sure(least, both=False)
    assert sure(less, both=True) > sure(least, both=True)


@pytest.mark.parametrize("then", [False, True])
@pytest.mark.parametrize(
    ("evidence", "done"),
    [
        (SentenceEvidence(over_others=8.0, over_rest=0.9, per_letter=-0.22, words=10), True),
        (SentenceEvidence(over_others=0.5, over_rest=2.5, per_letter=-0.05, words=8), True),
        (SentenceEvidence(over_others=1.2, over_rest=8.0, per_letter=-0.41, words=4), False),
        (SentenceEvidence(over_others=-3.0, over_rest=2.0, per_letter=-0.2, words=9), False),
    ],
)
def test_free_words_count_by_how_clearly_they_were_heard(evidence, done, then):
    """Though no sentence is favoured, in the first command or in the second."""
    plain = result(both=True)
    plain = replace(plain, nbest=tuple(replace(n, sentence_boost=0.0) for n in plain.nbest))
    add = Interpretation("add tea to my list", "HassListAddItem", {"item": "tea"}, free_words=1)
    understood = replace(meant(evidence), then=(add,)) if then else replace(add, evidence=evidence)
    assert (certainty(understood, plain) >= LEAST) == done


def test_between_the_thresholds_it_is_asked():
    asked = doubted(meant(CLEAR), TEXT, 0.3, LEAST)
    assert asked.question == "Did you mean: turn the kitchen light on?"
    assert asked.intent == "HassTurnOn"
