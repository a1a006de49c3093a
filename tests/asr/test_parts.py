"""Where a long utterance is cut, and how what was heard before goes with what comes after."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.decoding.parts import NO_INNER, DecodedPart, Earlier, blocks, quietest
from assistant.asr.result import RecognitionResult
from assistant.lattice.from_nbest import lattice_of
from assistant.lattice.graph import Hypothesis, Word
from assistant.lattice.nbest import nbest

STATE = (np.zeros(1, np.float32),)


def loud(frames, *pauses):
    features = np.random.default_rng(0).normal(0.5, 0.05, (frames, 80)).astype(np.float32)
    for first, last in pauses:
        features[first:last] -= 1
    return features


@pytest.mark.parametrize("pause", [500, 610, 770])
def test_the_quietest_frame_is_in_the_pause(pause):
    assert pause <= quietest(loud(1000, (pause, pause + 30)), 480, 800) <= pause + 30


def test_a_pause_elsewhere_is_not_meant():
    place = quietest(loud(1000, (440, 460), (700, 715), (840, 900)), 480, 800)
    assert 695 <= place <= 720


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 400), st.sampled_from([128, 512]), st.integers(0, 9))
def test_blocks_are_whole_and_none_is_too_long_or_very_short(units, most, seed):
    features = np.random.default_rng(seed).normal(0, 1, (4 * units, 80)).astype(np.float32)
    cut = blocks(features, most, 4)
    assert np.array_equal(np.concatenate(cut), features)
    assert all(len(block) <= most and len(block) % 4 == 0 for block in cut)
    assert len(cut) == 1 or min(map(len, cut)) >= int(0.4 * most) - 3


def test_blocks_end_in_pauses():
    assert 400 <= len(blocks(loud(700, (400, 440)), 512, 4)[0]) <= 440


def heard(*texts):
    """Each word takes a second; the first text is the likeliest."""
    hypotheses = [
        Hypothesis(
            tuple(Word(word, n + 0.1, n + 0.9) for n, word in enumerate(text.split())),
            -1.0 - rank,
            0.25,
        )
        for rank, text in enumerate(texts)
    ]
    return RecognitionResult(tuple(hypotheses), lattice_of(hypotheses), 0.5, 0.0)


def part(*texts):
    return DecodedPart(heard(*texts), NO_INNER, STATE)


def test_what_was_heard_before_comes_before_every_hypothesis():
    earlier = Earlier.nothing(STATE).and_then(part("one two", "won too"), 6.0)
    earlier = earlier.and_then(part("three"), 5.0)
    assert earlier.text == "three"
    result = earlier.before(heard("four five", "for five"))
    assert [each.text for each in result.nbest] == [
        "one two three four five",
        "one two three for five",
    ]
    assert [each.log_prob for each in result.nbest] == pytest.approx([-3.0, -4.0])
    assert result.nbest[0].boost == pytest.approx(0.75)
    starts = [word.start_s for word in result.nbest[0].words]
    assert starts == pytest.approx([0.1, 1.1, 6.1, 11.1, 12.1])
    assert result.end_of_sentence == 0.5


def test_the_paths_of_the_lattice_are_those_hypotheses():
    earlier = Earlier.nothing(STATE).and_then(part("one two"), 6.0)
    result = earlier.before(heard("four five", "for", "four nine"))
    found = {each.text: each.log_prob for each in nbest(result.lattice, 10)}
    assert found == pytest.approx({each.text: each.log_prob for each in result.nbest})
    times = [node.time_s for node in result.lattice.nodes]
    assert times == sorted(times)
    assert times[:3] == pytest.approx([0.0, 0.9, 6.0])
    starts = [edge.start for edge in result.lattice.edges]
    assert starts == sorted(starts)
    assert all(edge.start < edge.end for edge in result.lattice.edges)


def test_after_silence_only_the_times_are_others():
    earlier = Earlier.nothing(STATE).silent(6.0)
    assert earlier.text == ""
    alone = heard("four five", "for five")
    result = earlier.before(alone)
    assert [each.text for each in result.nbest] == [each.text for each in alone.nbest]
    assert [each.log_prob for each in result.nbest] == [each.log_prob for each in alone.nbest]
    assert result.nbest[0].words[0].start_s == pytest.approx(6.1)
    assert len(result.lattice.edges) == len(alone.lattice.edges)
    assert result.lattice.nodes[0].time_s == pytest.approx(6.0)


def test_without_anything_before_a_result_stays_as_it_is():
    result = heard("four five")
    assert Earlier.nothing(STATE).before(result) is result


def test_silence_after_a_part_keeps_how_sure_that_was():
    part = DecodedPart(heard("one two", "one too"), NO_INNER, STATE)
    silence = heard("")
    for earlier in (
        Earlier.nothing(STATE).and_then(part, 5.0),
        Earlier.nothing(STATE).and_then(part, 5.0).silent(3.0),
    ):
        result = earlier.before(silence)
        assert [each.text for each in result.nbest] == ["one two", "one too"]
        assert {each.text for each in nbest(result.lattice, 5)} == {"one two", "one too"}
        assert all(0 < edge.posterior <= 1 for edge in result.lattice.edges)


def test_a_noise_after_a_part_may_be_a_word_but_the_others_are_kept():
    """A breath in the pause is most likely nothing; what the part may have been still counts."""
    sentence = replace(heard("one two", "one too").nbest[0], sentence_boost=0.2)
    first = heard("one two", "one too")
    first = replace(first, nbest=(sentence, *first.nbest[1:]))
    earlier = Earlier.nothing(STATE).and_then(DecodedPart(first, NO_INNER, STATE), 6.0)
    result = earlier.before(heard("", "the"))
    assert [each.text for each in result.nbest] == ["one two", "one too"]
    assert [each.log_prob for each in result.nbest] == pytest.approx([-2.0, -3.0])
    assert result.nbest[0].sentence_boost == 0.2
    assert {each.text for each in nbest(result.lattice, 10)} == {"one two", "one too"}
    likely = heard("", "the")
    likely = replace(likely, nbest=(likely.nbest[0], replace(likely.nbest[1], log_prob=-1.5)))
    result = earlier.before(likely)
    assert [each.text for each in result.nbest] == ["one two", "one two the"]
    assert result.nbest[1].sentence_boost == 0.0, "with another word it is no sentence"
    assert result.nbest[1].words[-1].start_s == pytest.approx(6.1)
