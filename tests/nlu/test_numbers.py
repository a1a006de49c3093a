import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.nlu import inverse_text_normalisation
from assistant.nlu.inverse_text_normalisation import with_digits
from assistant.nlu.numbers import number_words, read_whole
from assistant.nlu.tokens import split_words, spoken_for, text_of, tokens_of


@given(st.integers(0, 9999))
def test_every_number_reads_back(value):
    words = number_words(value).split()
    assert read_whole(words, 0) == (value, len(words))


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("an hour and a half", "1 hour 30 minutes"),
        ("two and a half hours", "2 hours 30 minutes"),
        ("half past six", "0630 oclock"),
        ("six thirty p m", "1830 oclock"),
        ("three point one four", "3.14"),
        ("nothing to read", "nothing to read"),
        ("one point five hours", "1 hour 30 minutes"),
        ("two and a quarter hours", "2 hours 15 minutes"),
        ("a hundred and fifty minutes", "2 hours 30 minutes"),
        ("two hundred seconds", "3 minutes 20 seconds"),
        ("ninety minutes", "90 minutes"),
        ("forty five secs", "45 seconds"),
        ("one hr", "1 hour"),
        ("a half hour timer", "a 30 minutes timer"),
        ("stop it twenty two minutes from now", "stop it in 22 minutes"),
        ("in two hours from now stop it", "in 2 hours stop it"),
        ("nineteen point five", "19.5"),
        ("19 point 5", "19.5"),
        ("twenty seven hundred kelvin", "2700 kelvin"),
        ("set it to half", "set it to 50 percent"),
        ("dim it to a quarter", "dim it to 25 percent"),
        ("to three quarters brightness", "to 75 percent brightness"),
        ("cut it in half", "cut it in half"),
        ("five million five hundred thousand", "5 million 500000"),
    ],
)
def test_what_numbers_and_times_become(said, read):
    assert text_of(with_digits(tokens_of(said.split()))) == read


def test_what_was_said_is_remembered():
    tokens = with_digits(tokens_of(["add", "twenty", "one", "eggs"]))
    assert text_of(tokens) == "add 21 eggs"
    assert spoken_for("21 eggs", tokens) == "twenty one eggs"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zoë's lamp", ["zoe's", "lamp"]),
        ("Siobhán Ní Bhriain", ["siobhan", "ni", "bhriain"]),
        ("Łukasz, Søren & Strauß", ["lukasz", "soren", "strauss"]),
        ("50%", ["50", "percent"]),
        ("21,5 degrees", ["21.5", "degrees"]),
        ("2,700 kelvin", ["2700", "kelvin"]),
        ("20.25\u00b0", ["20.25", "degrees"]),
        ("at 6.30", ["at", "6", "30"]),
        ("1\u00bd hours", ["1.5", "hours"]),
        ("1/2 hour", ["half", "hour"]),
        ("東京", ["東京"]),
    ],
)
def test_names_are_spelt_in_plain_letters(text, words):
    assert split_words(text) == words


POOL = (
    *("a", "an", "the", "in", "at", "on", "to", "and", "of", "oh", "o", "point", "for", "past"),
    *("morning", "night", "tonight", "today", "tomorrow", "monday", "next", "this", "oclock"),
    *("half", "quarter", "quarters", "third", "thirds", "full", "couple", "degree", "hundred"),
    *("second", "seconds", "minute", "hour", "m", "h", "timer", "noon", "midnight", "am", "7am"),
    *("one", "two", "three", "twelve", "twenty", "5", "21.5", "kitchen", "light", "zero"),
)


@given(st.lists(st.sampled_from(POOL), min_size=1, max_size=9))
@settings(max_examples=500, deadline=None)
def test_what_has_no_telling_word_is_no_amount_and_no_time(words):
    tokens = tokens_of(words)
    read = [token.text for token in tokens]
    assert with_digits(tokens) == inverse_text_normalisation._converted(tokens, read)


NOT_TELLING = sorted(
    word for word in set(POOL) - inverse_text_normalisation._TELLING if not word[0].isdecimal()
)


@pytest.mark.parametrize("word", NOT_TELLING)
def test_such_a_word_is_read_as_it_is(word):
    tokens = tokens_of(["at", word, word])
    read = [token.text for token in tokens]
    assert inverse_text_normalisation._converted(tokens, read) == tokens
