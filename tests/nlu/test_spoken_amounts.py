"""Amounts that are said without numbers stand beside what understanding reads them as."""

from assistant.nlu.inverse_text_normalisation import with_digits
from assistant.nlu.spoken_amounts import spoken_amounts
from assistant.nlu.tokens import text_of, tokens_of


def test_each_is_found_by_the_first_word_of_what_it_is_read_as():
    for first, amounts in spoken_amounts().items():
        assert amounts
        assert all(plain[0] == first for _, plain in amounts)


def test_each_is_read_as_the_words_beside_it():
    pairs = [pair for amounts in spoken_amounts().values() for pair in amounts]
    assert (("half", "an", "hour"), ("thirty", "minutes")) in pairs
    assert (("to", "a", "third"), ("to", "thirty", "three", "percent")) in pairs
    assert (("and", "a", "half", "hours"), ("hours", "thirty", "minutes")) in pairs
    for amount, plain in pairs:
        before = {"hours": "two", "minutes": "two", "hour": "one", "minute": "one"}.get(plain[0])
        if plain[0] == "and":
            before = "two hours" if plain[-1] == "minutes" else "two minutes"
        said = [
            text_of(with_digits(tokens_of([*(before or "").split(), *words])))
            for words in (amount, plain)
        ]
        assert said[0].replace(" and ", " ") == said[1].replace(" and ", " ")
