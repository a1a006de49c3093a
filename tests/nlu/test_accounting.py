"""Whether the words of a meaning account for those that were heard."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.nlu import accounting
from assistant.nlu.accounting import LIKELY, SURE, Evidence, likeness

VOCABULARY = (
    *("turn", "on", "off", "the", "kitchen", "light", "lite", "later", "two", "to", "by", "don't"),
    *("unlock", "lock"),
)
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=5).map(tuple)


def like(heard, meant, evidence=Evidence.NONE):
    return likeness(tuple(heard.split()), tuple(meant.split()), evidence)


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("turn on the kichen lite", "turn on the kitchen light"),
        ("turn of the light", "turn off the light"),
        ("turn on the the light", "turn on the light"),
        ("turn on that the light", "turn on the light"),
        ("turn on the bed room light", "turn on the bedroom light"),
        ("turn on kitchenlight", "turn on kitchen light"),
        ("lock the bag door", "lock the back door"),
        ("turn on the garden light", "turn on the garden lights"),
    ],
)
def test_what_sounds_alike_accounts_for_it(heard, meant):
    assert SURE <= like(heard, meant) <= 1


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("turn on the light later", "turn on the light"),
        ("turn on the light at nine", "turn on the light"),
        ("don't turn on the light", "turn on the light"),
        ("set it to fifty", "set it to fifteen"),
        ("raise it by two", "raise it to two"),
        ("unlock the door", "lock the door"),
        ("turn off the bedroom tv", "turn off the bedroom"),
        ("turn off the", "turn off office"),
        ("set the light to", "set the light to two"),
        ("set the light to", "set the light two"),
        ("turn on the light", "turn on the kitchen light"),
    ],
)
@pytest.mark.parametrize("evidence", [Evidence.NONE, Evidence.ALSO_HEARD])
def test_lost_and_exchanged_words_are_not_accounted_for(heard, meant, evidence):
    assert like(heard, meant, evidence) < LIKELY


def test_what_a_recogniser_also_heard_may_be_less_alike():
    heard, meant = "turn on the dining room light", "turn on the living room light"
    assert like(heard, meant) < LIKELY <= like(heard, meant, Evidence.ALSO_HEARD) < SURE


@given(WORDS)
def test_the_same_words_are_all_alike(words):
    assert likeness(words, words) == 1


@given(WORDS, WORDS, st.sampled_from(Evidence))
def test_it_is_the_best_of_all_alignments(heard, meant, evidence):
    @cache
    def best(row, column):
        if (row, column) == (len(heard), len(meant)):
            return 1.0
        found = 0.0
        for down, right in ((1, 1), (1, 0), (0, 1), (2, 1), (1, 2)):
            if row + down <= len(heard) and column + right <= len(meant):
                before = heard[max(0, row - 1) : row]
                part, target = heard[row : row + down], meant[column : column + right]
                step = accounting._step(before, part, target, evidence)
                found = max(found, step and step * best(row + down, column + right))
        return found

    unfinished = heard[-1:] == ("to",) and meant[-1:] != ("to",)
    assert likeness(heard, meant, evidence) == pytest.approx(0 if unfinished else best(0, 0))
