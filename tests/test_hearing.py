"""What the ear makes of an utterance that begins with the wake word."""

from scripted import result

from assistant.hearing import WakeWordSaid, without_wake_word

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
