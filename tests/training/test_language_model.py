"""The language model from its text to the folder that the rescorer loads."""

import pytest
import torch

from assistant.rescoring.language_model import END_TAG, NAME_TAG, Query
from assistant.rescoring.language_model_folder import LanguageModelManifest, write_manifest
from assistant.rescoring.recurrent import RecurrentLanguageModel
from training import language_model
from training.language_model import Sentences, collate, export, learn_pieces, perplexity, train
from training.text import Commands, normalise

COMMANDS = Commands(3)
LINES = [normalise(COMMANDS.draw("command")) for _ in range(400)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small network after a few steps, its pieces and its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language_model, "VOCABULARY", 120)
        patch.setattr(language_model, "HIDDEN", 64)
        patch.setattr(language_model, "EMBEDDING", 32)
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp("lm")
        subwords = learn_pieces(LINES, folder / "pieces.txt")
        before = perplexity(language_model.Network(len(subwords)), LINES[:50], subwords)
        sentences = Sentences({"commands": LINES, "examples": []}, seed=0)
        network = train(sentences, subwords, steps=30, held_out=LINES[:50])
        export(network, folder / "model.onnx")
        write_manifest(folder, LanguageModelManifest("small", "en", "MIT", context_words=3))
    return network, subwords, folder, before


def test_it_learns(trained):
    network, subwords, _, before = trained
    assert perplexity(network, LINES[:50], subwords) < before / 3


def test_what_is_exported_says_what_was_trained(trained):
    """Within what int8 costs: a tenth of the score."""
    network, subwords, folder, _ = trained
    model = RecurrentLanguageModel.load(folder)
    for line in LINES[:5]:
        words = line.split()
        with torch.no_grad():
            expected = -float(language_model.loss(network, [words], subwords))
        pieces = collate([words], subwords)[0].shape[1]
        state, total = model.start, 0.0
        for word in [*words, END_TAG]:
            (extension,) = model.extend([Query(state, word)])
            state, total = extension.state, total + extension.log_prob
        assert total / pieces == pytest.approx(expected, rel=0.1)


def test_names_are_learned_as_a_tag():
    sentences = Sentences({"commands": ["call anna"]}, seed=0)
    batch = next(sentences.batches())
    tagged = sum(words == ["call", NAME_TAG] for words in batch)
    assert 0 < tagged < len(batch)


def test_sentences_of_a_batch_are_about_as_long():
    batches = Sentences({"commands": LINES}, seed=0).batches()
    spreads = [
        max(map(len, batch)) - min(map(len, batch))
        for batch, _ in zip(batches, range(16), strict=False)
    ]
    longest = max(len(line.split()) for line in LINES)
    assert sorted(spreads)[8] < longest / 4
