"""The network that says words by their letters: it learns, and the device computes the same."""

import random

import numpy as np
import pytest
import torch

from assistant.asr.biasing.grapheme_to_phoneme import LETTERS, GraphemeToPhoneme, numbered
from training.spelling import (
    SpellingNetwork,
    batches,
    error_rate,
    export,
    loss_of,
    train,
    words_of,
)

SAID = {
    "".join(word): tuple(
        "".join({"a": accent, "b": "b", "c": "tʃ"}[letter] for letter in word)
        for accent in ("æ", "ɑ")
    )
    for word in ("a", "b", "ab", "ba", "ca", "abc", "cab", "bac", "abab", "caba", "baca")
}
SIGNS = "btæɑʃ"


def exported(network, tmp_path):
    export(network, SIGNS, tmp_path / "pronunciations.npz")
    return GraphemeToPhoneme.load(tmp_path / "pronunciations.npz")


@pytest.mark.parametrize("words", [["cat", "dog", "o'b"], ["x"], ["grandmother"]])
def test_numpy_computes_what_pytorch_does(tmp_path, words):
    torch.manual_seed(1)
    network = SpellingNetwork(len(SIGNS), units=16)
    letters = numbered(words)
    wanted = network(torch.from_numpy(letters)).detach().numpy()
    scores = exported(network, tmp_path).scores(letters)
    log_probs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    assert scores.shape == (len(words), 2, 2 * len(words[0]), 1 + len(SIGNS))
    assert log_probs == pytest.approx(wanted, abs=0.05), "matrices are rounded to 8 bits"


def test_it_learns_how_words_are_said_in_both_accents(tmp_path):
    network = exported(train(SAID, SIGNS, steps=300, units=24), tmp_path)
    assert error_rate(network, SAID) < 0.1
    assert network(["cab"])["cab"] == ("tʃæb", "tʃɑb")


def test_words_are_said_the_same_beside_others(tmp_path):
    torch.manual_seed(2)
    network = exported(SpellingNetwork(len(SIGNS), units=16), tmp_path)
    words = ["b" * random.Random(n).randint(1, 9) + LETTERS[n] for n in range(26)]
    together = network([*words, *words, "two words", ""])
    assert list(together) == sorted(words, key=lambda word: list(together).index(word))
    assert set(together) == set(words)
    assert all(network([word])[word] == together[word] for word in words)


def test_batches_hold_words_alike_in_length_and_lose_none():
    drawn = batches(SAID, random.Random(4))
    seen = set()
    while seen != set(SAID):
        batch = next(drawn)
        assert len(set(map(len, batch))) == 1
        seen |= set(batch)
    loss = loss_of(SpellingNetwork(len(SIGNS), units=16), ["ab", "ba"], SAID, SIGNS)
    assert float(loss) > 0


def test_words_are_those_that_the_recogniser_writes(tmp_path):
    (tmp_path / "words").write_text("Zoë Byrne\nO'Neill\nanna's\nx\n" + "a" * 40 + "\n", "utf-8")
    assert words_of([tmp_path / "words"]) == {"zoe", "byrne", "o'neill", "anna's"}
