import pytest

from assistant.nlu.spoken_digits import digits_said, has_digits


@pytest.mark.parametrize(
    "said",
    [
        "four seven one one",
        "forty seven eleven",
        "four seven eleven",
        "forty seven one one",
        "four seven double one",
        "four thousand seven hundred and eleven",
        "forty seven and eleven",
        "4711",
        "47 11",
        "the code is four seven one one please",
        "for seven won one",
    ],
)
def test_ways_to_say_a_code(said):
    assert "4711" in digits_said(said.split())


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("oh three five oh", "0350"),
        ("twenty twenty six", "2026"),
        ("triple nine one", "9991"),
        ("one hundred five", "105"),
        ("twenty one", "21"),
        ("twenty one", "201"),
    ],
)
def test_other_rows(said, digits):
    assert digits in digits_said(said.split())


@pytest.mark.parametrize(
    "said",
    ["", "please", "the code is", "four seven kitchen", "double", "double kitchen", "five " * 25],
)
def test_what_is_no_row_of_digits(said):
    assert digits_said(said.split()) == frozenset()


@pytest.mark.parametrize(
    ("said", "has"),
    [("set it to fifty", True), ("channel 4", True), ("turn it on for anna", False)],
)
def test_words_that_can_only_be_numbers(said, has):
    assert has_digits(said.split()) is has
