"""Numbers and times that meet where words are put together."""

import pytest

from assistant.nlu.meeting import meet


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("for an hour", "ten minutes"),
        ("for ten minutes", "an hour"),
        ("at six thirty", "seven"),
        ("to twenty", "eight percent"),
        ("for six", "past seven"),
        ("at half past", "seven"),
        ("at seven", "to seven"),
        ("at twenty five minutes past", "seven"),
        ("at six", "oh five"),
        ("to 2", "8"),
    ],
)
def test_what_would_be_one_number_or_time_meets(before, after):
    assert meet(tuple(before.split()), tuple(after.split()))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("for ten", "minutes"),
        ("to ten", "percent"),
        ("at seven", "in the morning"),
        ("at seven", "o'clock"),
        ("lamp one", "to ten percent"),
        ("turn on the kettle", "at half past seven"),
        ("for an hour", "for ten minutes"),
        ("", "ten"),
    ],
)
def test_what_stays_apart_does_not_meet(before, after):
    assert not meet(tuple(before.split()), tuple(after.split()))
