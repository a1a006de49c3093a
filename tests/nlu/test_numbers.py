import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.nlu.digits import with_digits
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
        ("東京", ["東京"]),
    ],
)
def test_names_are_spelt_in_plain_letters(text, words):
    assert split_words(text) == words
