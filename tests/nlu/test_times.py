"""Times of day: said and written, with parts of the day and days around them."""

import pytest

from assistant.nlu.inverse_text_normalisation import with_digits
from assistant.nlu.tokens import split_words, text_of, tokens_of


def read(said):
    return text_of(with_digits(tokens_of(split_words(said))))


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("noon", "1200 oclock pm"),
        ("twelve noon", "1200 oclock pm"),
        ("midnight", "0000 oclock"),
        ("6 o'clock", "0600 oclock"),
        ("six o'clock in the evening", "1800 oclock"),
        ("6:05", "0605 oclock"),
        ("06:05", "0605 oclock am"),
        ("6.05", "0605 oclock"),
        ("six oh five", "0605 oclock"),
        ("six zero five", "0605 oclock"),
        ("7 am", "0700 oclock am"),
        ("7am", "0700 oclock am"),
        ("5 p.m.", "1700 oclock"),
        ("5 PM tomorrow", "1700 oclock tomorrow"),
        ("12 am", "0000 oclock"),
        ("12 pm", "1200 oclock pm"),
        ("six in the morning", "0600 oclock am"),
        ("eight fifteen in the evening", "2015 oclock"),
        ("seven tomorrow morning", "0700 oclock am tomorrow"),
        ("half past 7", "0730 oclock"),
        ("quarter to 8", "0745 oclock"),
        ("a quarter past eight", "0815 oclock"),
        ("twenty to one", "1240 oclock"),
        ("quarter to midnight", "2345 oclock"),
        ("quarter after nine pm", "2115 oclock"),
        ("19:30", "1930 oclock"),
        ("0:15", "0015 oclock"),
        ("two at night", "0200 oclock am"),
        ("half past ten tonight", "2230 oclock today"),
        ("one tonight", "0100 oclock am"),
        ("nine on monday", "0900 oclock monday"),
        ("twenty five o'clock", "2500 oclock"),
        ("7:75", "0775 oclock"),
        ("25:00 tomorrow", "2500 oclock tomorrow"),
    ],
)
def test_a_time_after_a_word_that_it_follows(said, time):
    assert read(f"wake me at {said}") == f"wake me at {time}"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("wake me tomorrow at seven thirty", "wake me at 0730 oclock tomorrow"),
        ("tonight at nine turn it off", "at 2100 oclock today turn it off"),
        ("set an alarm for tomorrow 7 am", "set an alarm for 0700 oclock am tomorrow"),
        ("on monday morning at 7", "at 0700 oclock am monday"),
    ],
)
def test_a_day_before_the_time(said, text):
    assert read(said) == text


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("at nine", "at 9"),
        ("seven thirty", "7 30"),
        ("set the light to twenty five percent", "set the light to 25 percent"),
        ("from five to ten percent", "from 5 to 10 percent"),
        ("from five to ten degrees", "from 5 to 10 degrees"),
        ("in ten minutes", "in 10 minutes"),
        ("after ten minutes", "after 10 minutes"),
        ("five five five twelve", "5 5 5 12"),
        ("call five five oh five", "call 5 5 oh 5"),
        ("call 12 34", "call 12 34"),
        ("call 25 75", "call 25 75"),
        ("at thirty oh five", "at 30 oh 5"),
        ("is it warm tomorrow", "is it warm tomorrow"),
        ("channel seven", "channel 7"),
        ("a second timer", "a second timer"),
        ("a second", "1 second"),
    ],
)
def test_what_is_no_time(said, text):
    assert read(said) == text
