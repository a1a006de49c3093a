"""What the listener makes of what it hears."""

import numpy as np

from assistant.audio.blocks import Block
from assistant.pipeline.listener import Listener
from tests.scripted import result

BLOCK = Block(np.zeros(320, np.int16), 0)


class Silent:
    """Nobody speaks."""

    def process(self, frame):
        return 0.0


class TwoPasses:
    """Hears "light song" first and "lights on" in a look; notes what it is told."""

    def __init__(self):
        self.told = []

    def accept(self, samples):
        """Nothing depends on them."""

    def partial(self, until_s):
        self.told.append(until_s)
        return result(["alexa", "light", "song"])

    def peek(self, until_s):
        self.told.append(until_s)
        return result(["alexa", "lights", "on"])

    def goes_on(self):
        self.told.append("goes on")


def test_results_come_without_the_wake_word():
    listener = Listener(TwoPasses(), Silent(), 0.0, wake_words=["alexa"])
    assert listener.observe(BLOCK).result.text == "light song"
    assert listener.peek().text == "lights on"


def test_the_stream_is_told_in_its_own_time_where_other_words_begin():
    stream = TwoPasses()
    listener = Listener(stream, Silent(), 2.0)
    listener.until_s = 5.0
    listener.observe(BLOCK)
    listener.goes_on()
    listener.peek()
    assert stream.told == [3.0, "goes on", 3.0]
