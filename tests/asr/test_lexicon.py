"""Words cost what they are worth, however they are cut into tokens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.asr.decoding.beam_search import Search, SearchSettings
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.vocabulary.lexicon import RARE, UNKNOWN, Lexicon, Words
from tests.asr.toy_network import ToyNetwork

TOKENS = ("<blk>", "</s>", "▁", "▁s", "▁sh", "s", "h", "u", "g", "ug", "ar", "a", "r", "'s", "▁a")
WORDS = Words(["sugar", "a", "us"], ["shag", "hug"])


def cost(lexicon, tokens):
    """What a text of these tokens costs, and its words."""
    total, letters, words = 0.0, "", []
    for token in tokens:
        total += float(lexicon.costs(letters)[token])
        if TOKENS[token].startswith("▁"):
            words.append(letters)
            letters = ""
        letters += TOKENS[token].removeprefix("▁")
    return total + lexicon.ending(letters), [word for word in [*words, letters] if word]


def worth(word):
    if word in {"sugar", "a", "us"} or word.removesuffix("'s") in {"sugar", "a", "us"}:
        return 0.0
    return -RARE if word.removesuffix("'s") in {"shag", "hug"} else -UNKNOWN


@given(st.lists(st.integers(2, len(TOKENS) - 1), max_size=12))
def test_a_text_costs_what_its_words_do(tokens):
    total, words = cost(Lexicon(TOKENS, WORDS), tokens)
    assert total == pytest.approx(sum(map(worth, words)), abs=1e-4)


def test_a_wrong_letter_costs_at_once():
    costs = Lexicon(TOKENS, WORDS).costs("s")
    assert costs[TOKENS.index("ug")] == 0
    assert costs[TOKENS.index("h")] == pytest.approx(-RARE)
    assert costs[TOKENS.index("r")] == pytest.approx(-UNKNOWN)


def test_a_name_of_the_house_is_a_word():
    lexicon = Lexicon(TOKENS, WORDS, ["shuar"])
    assert lexicon.ending("shuar") == 0
    assert lexicon.ending("shua") == -UNKNOWN


def test_without_words_nothing_costs_anything():
    lexicon = Lexicon(TOKENS, None)
    assert not lexicon.costs("xyz").any()
    assert lexicon.ending("xyz") == 0


def test_words_survive_a_file(tmp_path):
    WORDS.write(tmp_path / "words.txt")
    read = Words.read(tmp_path / "words.txt")
    assert (read.usual, read.rare) == (WORDS.usual, WORDS.rare)


def test_the_search_writes_words_where_the_sound_allows_them():
    plain, guided = 0.0, 0.0
    for seed in range(6):
        network = ToyNetwork(seed, TOKENS, context_size=2, sharpness=1.0)
        network.eos_id = 1
        encoded = np.random.default_rng(seed).standard_normal((8, 8)).astype(np.float32)
        plain += sum(map(worth, heard(network, encoded, None)))
        guided += sum(map(worth, heard(network, encoded, WORDS)))
    assert guided > plain


def heard(network, encoded, words):
    search = Search(Vocabulary(network), SearchSettings(beam=64), None, Lexicon(TOKENS, words))
    search.step(encoded)
    return search.graph(0.04).nbest(1)[0].text.split()
