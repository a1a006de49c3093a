"""What the ear makes of an utterance that begins with the wake word."""

from dataclasses import replace

import numpy as np
from scripted import result

from assistant.blocks import Block
from assistant.hearing import Ear, WakeWordSaid, without_wake_word

WAKE = WakeWordSaid("okay_nabu", 0.3)


def test_the_wake_word_is_neither_in_the_text_nor_in_the_lattice():
    own = without_wake_word(result(["okay", "nabu", "lights", "on"]), WAKE)
    assert own.text == "lights on"
    assert [edge.word for edge in own.lattice.edges] == ["", "", "lights", "on"]


def test_without_a_wake_word_the_lattice_stays_as_it_is():
    heard = result(["lights", "on"])
    late = WakeWordSaid("okay_nabu", 0.0)
    assert without_wake_word(heard, late).lattice == heard.lattice


def test_a_command_without_a_pause_after_the_wake_word_is_kept():
    heard = result(["okay", "nabu", "lights", "on"])
    late = WakeWordSaid("okay_nabu", heard.nbest[0].words[2].end_s)
    assert without_wake_word(heard, late).text == "lights on"


def test_what_was_heard_as_something_else_ends_where_it_was_detected():
    heard = result(["ok", "now", "view", "lights", "on"])
    late = WakeWordSaid("okay_nabu", heard.nbest[0].words[2].end_s)
    assert without_wake_word(heard, late).text == "lights on"


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
        return replace(result(["lights", "on"]), heard_first="light song")


def test_what_a_look_heard_stands_until_there_are_more_words():
    stream = TwoPasses()
    ear = Ear(stream, Silent(), None)
    block = Block(np.zeros(320, np.int16), 0)
    assert ear.take(block).result.text == "light song"
    looked = ear.peek()
    stream.words = ["light"]  # a first pass is behind a look
    assert ear.take(block).result is looked
    stream.words = ["light", "song"]
    assert ear.take(block).result is looked
    assert ear.peek() is not None
    assert stream.looks == [None, looked]
    stream.words = ["light", "song", "please"]
    assert ear.take(block).result.text == "light song please"
