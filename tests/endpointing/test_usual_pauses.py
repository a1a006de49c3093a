"""How long somebody pauses within a sentence, learned while they speak."""

from dataclasses import replace

import numpy as np
import pytest

from assistant.endpointing.completeness import Completeness
from assistant.endpointing.endpointer import EndpointFeatures
from assistant.endpointing.pauses import STYLES
from assistant.endpointing.usual_pauses import MOST, SHORTEST_S, TYPICAL_S, UsualPauses


def after(*pauses_s):
    usual = UsualPauses()
    for each in pauses_s:
        usual.note(each)
    return usual


def test_somebody_who_thinks_while_speaking_is_waited_for():
    assert after(1.0).patience > 1.0
    assert after(1.0, 1.0, 1.0).patience > after(1.0).patience
    assert after(*[2.0] * 50).patience == pytest.approx(MOST)


def test_nobody_is_waited_for_less_than_usual():
    assert after(*[0.25] * 100).patience == 1.0


def test_who_pauses_no_longer_is_no_longer_waited_for():
    assert after(*[1.0] * 3, *[0.3] * 40).patience == 1.0


def test_gaps_between_words_tell_nothing():
    assert after(*[1.0] * 3, *[SHORTEST_S / 2] * 100).patience == after(*[1.0] * 3).patience


def test_it_comes_to_lie_where_one_pause_in_ten_is_longer():
    rng = np.random.default_rng(3)
    pauses_s = rng.uniform(0.3, 0.8, 4000)
    usual, followed = UsualPauses(), []
    for each in pauses_s:
        usual.note(float(each))
        followed.append(usual.long_s)
    assert np.mean(followed[1000:]) == pytest.approx(np.quantile(pauses_s, 0.9), rel=0.05)
    assert TYPICAL_S < usual.long_s < MOST * TYPICAL_S


@pytest.mark.parametrize("completeness", Completeness)
def test_whole_commands_wait_for_nobody(completeness):
    features = EndpointFeatures(2.0, 1.5, 0.0, True, 0.5, completeness, 1.0)
    waits = STYLES["normal"].final
    usual, patient = (waits.required_s(replace(features, patience=each)) for each in (1.0, 1.5))
    longer = 1.0 if completeness is Completeness.COMPLETE else 1.5
    assert patient == pytest.approx(longer * usual)
