"""Results less the words outside a stretch of audio."""

from assistant.asr.trimming import before, until
from tests.scripted import result


def test_what_is_said_after_is_no_part_of_it():
    heard = result(["lights", "on", "alexa"])
    own = until(heard, 0.6)
    assert own.text == "lights on"
    assert [edge.word for edge in own.lattice.edges] == ["lights", "on", ""]


def test_a_word_across_the_end_leaves_nothing_certain():
    assert until(result(["lights", "onalexa"]), 0.5) is None


def test_words_that_begin_before_the_end_stay_whole():
    heard = result(["lights", "on", "alexa"])
    assert before(heard, 0.5).text == "lights on"
    assert before(heard, 0.9) is heard
