"""What the listener makes of what it hears."""

import math
from dataclasses import replace

import numpy as np
import pytest

from assistant.audio.blocks import Block
from assistant.pipeline.listener import Listener, since, until
from tests.scripted import result


def test_what_was_said_before_is_neither_in_the_text_nor_in_the_lattice():
    own = since(result(["now", "boo", "lights", "on"]), 0.5)
    assert own.text == "lights on"
    assert [edge.word for edge in own.lattice.edges] == ["", "", "lights", "on"]


def test_wake_words_at_the_beginning_are_left_out_however_many():
    calls = [("okay", "nabu"), ("alexa",)]
    heard = result(["alexa", "okay", "nabu", "play", "alexa"])
    assert since(heard, 0.0, calls).text == "play alexa"


def test_where_nothing_was_said_before_all_stays_as_it_is():
    heard = result(["lights", "on"])
    assert since(heard, 0.0) == heard


def test_hypotheses_that_become_equal_are_joined():
    one, other = result(["now", "lights", "on"]), result(["know", "lights", "on"])
    both = replace(one, nbest=(*one.nbest, *other.nbest))
    (joined,) = since(both, 0.2).nbest
    assert joined.log_prob == pytest.approx(math.log(2) - 1.0)


def test_what_is_said_after_is_no_part_of_it():
    heard = result(["lights", "on", "alexa"])
    own = until(heard, 0.6)
    assert own.text == "lights on"
    assert [edge.word for edge in own.lattice.edges] == ["lights", "on", ""]


def test_a_word_across_the_end_leaves_nothing_certain():
    assert until(result(["lights", "onalexa"]), 0.5) is None


class Silent:
    """Nobody speaks."""

    def process(self, frame):
        return 0.0


class TwoPasses:
    """Hears "light song" first, and "lights on" when it hears it again; then a word more."""

    def __init__(self):
        self.words = ["light", "song"]
        self.looks = []

    def accept(self, samples):
        """Nothing depends on them."""

    def partial(self):
        return result(self.words)

    def peek(self, earlier=None):
        self.looks.append(earlier)
        return replace(result(["lights", "on"]), streaming_text="light song")


def test_what_a_look_heard_stands_until_there_are_more_words():
    stream = TwoPasses()
    listener = Listener(stream, Silent(), 0.0)
    block = Block(np.zeros(320, np.int16), 0)
    assert listener.observe(block).result.text == "light song"
    looked = listener.peek()
    stream.words = ["light"]  # a first pass is behind a look
    assert listener.observe(block).result is looked
    stream.words = ["light", "song"]
    assert listener.observe(block).result is looked
    assert listener.peek() is not None
    assert stream.looks == [None, looked]
    stream.words = ["light", "song", "please"]
    assert listener.observe(block).result.text == "light song please"


def test_a_look_is_a_new_one_when_speech_went_on_even_without_words():
    stream = TwoPasses()
    listener = Listener(stream, Silent(), 0.0)
    listener.peek()
    listener.goes_on()
    listener.peek()
    listener.peek()
    assert [earlier is None for earlier in stream.looks] == [True, True, False]
