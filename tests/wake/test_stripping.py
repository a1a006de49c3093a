"""What is left of a result when wake words and what came before them are stripped."""

import math
from dataclasses import replace

import pytest

from assistant.wake.stripping import WakeWordStripper
from tests.scripted import result


def test_what_was_said_before_is_neither_in_the_text_nor_in_the_lattice():
    own = WakeWordStripper(0.5).strip(result(["now", "boo", "lights", "on"]))
    assert own.text == "lights on"
    assert [edge.word for edge in own.lattice.edges] == ["", "", "lights", "on"]


def test_wake_words_at_the_beginning_are_left_out_however_many():
    heard = result(["alexa", "okay", "nabu", "play", "alexa"])
    assert WakeWordStripper(0.0, ["okay nabu", "alexa"]).strip(heard).text == "play alexa"


def test_where_nothing_was_said_before_all_stays_as_it_is():
    heard = result(["lights", "on"])
    assert WakeWordStripper(0.0).strip(heard) == heard


def test_hypotheses_that_become_equal_are_joined():
    one, other = result(["now", "lights", "on"]), result(["know", "lights", "on"])
    both = replace(one, nbest=(*one.nbest, *other.nbest))
    (joined,) = WakeWordStripper(0.2).strip(both).nbest
    assert joined.log_prob == pytest.approx(math.log(2) - 1.0)


def test_a_result_is_stripped_once():
    stripper = WakeWordStripper(0.5)
    heard, other = result(["now", "boo", "lights"]), result(["now", "boo", "lights", "on"])
    own = stripper.strip(heard)
    assert stripper.strip(heard) is own
    assert stripper.strip(other).text == "lights on"
