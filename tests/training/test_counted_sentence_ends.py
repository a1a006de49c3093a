from assistant.nlu.sentence_ends import RARE, Count
from training.sentence_ends import LEAST, counted


def test_words_and_pairs_are_counted_with_the_sentences_that_they_end():
    often = 2 * LEAST[2]
    ends = counted(["turn it on"] * often + ["turn it on please"] * often + ["stop"])
    assert ends._counts[("on",)] == Count(often, 2 * often)
    assert ends._counts[("it", "on")] == Count(often, 2 * often)
    assert ends._counts[("turn",)] == Count(0, 2 * often)
    assert ends._counts[("on", "please")] == Count(often, often)


def test_rare_words_are_counted_as_one():
    ends = counted(["stop", "go away", "turn it"])
    assert set(ends._counts) == {(RARE,)}
    assert ends._counts[(RARE,)] == Count(3, 5)
