"""End-pointers, driven by audio time alone."""

from dataclasses import replace

import pytest

from assistant.endpointing.completeness import Completeness
from assistant.endpointing.endpointer import EndpointFeatures
from assistant.endpointing.pauses import STYLES, FinalEndpointer, SpeculativeEndpointer, with_waits
from assistant.endpointing.speech_tracker import SpeechTracker
from assistant.events import EndReason

SPOKEN = EndpointFeatures(
    heard_s=2.0,
    spoken_s=1.5,
    silence_s=0.0,
    has_words=True,
    end_of_sentence=0.0,
    completeness=Completeness.COMPLETE,
)


def first_silence_s(decide, features):
    """The pause, in steps of a frame, after which `decide` says that the sentence is over."""
    for frames in range(500):
        if decide(replace(features, silence_s=frames / 100)):
            return frames / 100
    return None


def waits(style, features):
    return (
        first_silence_s(SpeculativeEndpointer(STYLES[style].speculative).decide, features),
        first_silence_s(FinalEndpointer(STYLES[style].final, max_utterance_s=60).decide, features),
    )


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("completeness", Completeness)
@pytest.mark.parametrize("end_of_sentence", [0.0, 0.5, 1.0])
def test_speculation_comes_first(style, completeness, end_of_sentence):
    features = replace(SPOKEN, completeness=completeness, end_of_sentence=end_of_sentence)
    speculative_s, final_s = waits(style, features)
    assert final_s - speculative_s >= 0.1


def test_normal_style_speculates_about_200_ms_early():
    for end_of_sentence in (0.0, 0.5, 1.0):
        speculative_s, final_s = waits("normal", replace(SPOKEN, end_of_sentence=end_of_sentence))
        assert 0.15 <= final_s - speculative_s <= 0.3


@pytest.mark.parametrize("style", ["normal", "patient"])
@pytest.mark.parametrize("pause_s", [0.3, 0.6, 0.9, 1.2])
@pytest.mark.parametrize("end_of_sentence", [0.0, 0.5, 1.0])
def test_pause_for_thought_cuts_nobody_off(style, pause_s, end_of_sentence):
    features = replace(
        SPOKEN,
        silence_s=pause_s,
        completeness=Completeness.INCOMPLETE,
        end_of_sentence=end_of_sentence,
    )
    assert FinalEndpointer(STYLES[style].final).decide(features) is None


def test_who_has_finished_does_not_wait():
    _, final_s = waits("normal", replace(SPOKEN, end_of_sentence=0.95))
    assert final_s <= 0.35


def test_styles_are_ordered():
    waited = [waits(style, SPOKEN) for style in ("quick", "normal", "patient")]
    assert waited == sorted(waited)
    assert len(set(waited)) == 3


def test_end_of_sentence_and_completeness_each_shorten_the_wait():
    unsure = replace(SPOKEN, completeness=Completeness.UNSURE)
    likely_over = replace(unsure, end_of_sentence=1.0)
    assert waits("normal", likely_over)[1] < waits("normal", unsure)[1]
    likely = replace(SPOKEN, completeness=Completeness.LIKELY)
    assert waits("normal", SPOKEN)[1] < waits("normal", likely)[1] < waits("normal", unsure)[1]


def test_without_words_there_is_nothing_to_speculate_on():
    features = replace(SPOKEN, has_words=False, silence_s=3.0)
    assert not SpeculativeEndpointer(STYLES["normal"].speculative).decide(features)


def test_nobody_speaks():
    endpointer = FinalEndpointer(STYLES["normal"].final, no_speech_timeout_s=5.0)
    silent = replace(SPOKEN, spoken_s=0.0, has_words=False, silence_s=0.0)
    assert endpointer.decide(replace(silent, heard_s=4.99)) is None
    assert endpointer.decide(replace(silent, heard_s=5.0)) is EndReason.NO_SPEECH


def test_a_cough_does_not_end_the_wait_for_a_command():
    endpointer = FinalEndpointer(STYLES["normal"].final)
    cough = replace(SPOKEN, has_words=False, silence_s=2.0, completeness=Completeness.INCOMPLETE)
    assert endpointer.decide(replace(cough, heard_s=4.0)) is None
    assert endpointer.decide(replace(cough, heard_s=5.0)) is EndReason.NO_SPEECH


def test_nobody_stops():
    endpointer = FinalEndpointer(STYLES["normal"].final, max_utterance_s=15.0)
    assert endpointer.decide(replace(SPOKEN, spoken_s=14.99)) is None
    assert endpointer.decide(replace(SPOKEN, spoken_s=15.0)) is EndReason.TOO_LONG


def test_numbers_override_the_style():
    style = with_waits(STYLES["normal"], speculative_s=0.1, final_s=0.9, incomplete_s=3.0)
    assert style.speculative.complete_s == 0.1
    assert style.final.complete_s == 0.9
    assert style.final.incomplete_s == 3.0
    final = style.final
    assert final.complete_s < final.likely_s < final.unsure_s < final.incomplete_s
    assert with_waits(STYLES["quick"]) == STYLES["quick"]


def test_waits_stay_in_order_when_only_the_complete_one_is_long():
    final = with_waits(STYLES["quick"], final_s=2.0).final
    assert final.complete_s < final.likely_s < final.unsure_s <= final.incomplete_s


def track(probabilities, tracker=None):
    tracker = tracker or SpeechTracker()
    began = [
        round(index / 100, 2)
        for index, probability in enumerate(probabilities, start=1)
        if tracker.step(probability, index / 100)
    ]
    return tracker, began


def test_speech_has_a_start_an_end_and_a_pause():
    tracker, began = track([0.0] * 20 + [0.9] * 50 + [0.1] * 30)
    assert began == [0.26]
    assert tracker.speech_start_s == 0.2
    assert tracker.speech_end_s == 0.7
    assert tracker.silence_s(1.0) == 0.3
    assert tracker.spoken_s(1.0) == 0.8


def test_a_click_is_no_speech():
    tracker, began = track([0.0] * 20 + [0.9] * 3 + [0.0] * 20)
    assert began == []
    assert tracker.speech_start_s is None
    assert tracker.silence_s(0.43) == 0.0


def test_wavering_between_the_thresholds_is_one_stretch_of_speech():
    _, began = track([0.6] * 10 + [0.4, 0.6] * 20)
    assert len(began) == 1


def test_going_on_after_a_pause_is_noticed():
    tracker, began = track([0.9] * 30 + [0.0] * 40 + [0.9] * 30)
    assert len(began) == 2
    assert tracker.speech_start_s == 0.0
    assert tracker.speech_end_s == 1.0
